#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "lib/soak/columns.h"
#include "tools/leakwatch/watch/members.h"
#include "tools/leakwatch/watch/smaps_budget.h"
#include "tools/leakwatch/watch/target.h"

namespace tidemark::leakwatch {

// Takes one row after the other of everything that the kernel tells about a target.
//
//   Sampler sampler(target, reader, smaps);  sampler.look(elapsed);  sampler.values()
class Sampler {
 public:
  enum class Smaps : std::uint8_t { kOnBudget, kNever };

  Sampler(Target& target, ProcReader& reader, Smaps smaps);

  void look(std::int64_t elapsed_ms);

  const Members& members() const { return members_; }
  const SmapsBudget* smaps() const { return smaps_ ? &*smaps_ : nullptr; }

  // Of the last look. Nothing of the target is in it while no process lives.
  const soak::Values& values() const { return values_; }

 private:
  void add_memory();
  void add_counters();
  void add_smaps();
  void add_own();

  Target& target_;
  ProcReader& reader_;
  Members members_;
  std::optional<SmapsBudget> smaps_;
  soak::Values values_;
};

}  // namespace tidemark::leakwatch
