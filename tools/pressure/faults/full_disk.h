#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/process/custodian.h"
#include "tools/pressure/faults/order.h"

namespace tidemark::pressure {

// Small file systems (tmpfs) that we mount for "disk-full", so that only what works in
// them runs out of room: on the path that the fault names, or on the directories of the
// scenario's file clients. Made before the target and the clients start.
class FullDisks {
 public:
  struct Place {
    std::filesystem::path path;
    std::int64_t bytes = 0;
  };
  // `places`, and what `order` needs besides; the larger of two sizes counts.
  static std::vector<Place> needed(const load::Scenario& scenario, const Order& order,
                                   std::vector<Place> places);

  // Mounts them; makes the directories that are not there. Throws Error.
  FullDisks(std::vector<Place> places, Custodian& custodian);
  FullDisks(const FullDisks&) = delete;
  FullDisks& operator=(const FullDisks&) = delete;
  ~FullDisks();

  const std::vector<Place>& places() const { return places_; }

 private:
  std::vector<Place> places_;
  Custodian& custodian_;
  std::vector<Custodian::Id> debts_;
};

}  // namespace tidemark::pressure
