#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "parsers/perf_script_folder.h"
#include "parsers/perf_script_tree.h"

namespace tidemark::perf_script {

// The samples in the order of the text. When there are more than fit, every second
// one goes, again and again, so that those kept lie evenly.
class Timeline {
 public:
  static constexpr std::size_t kMost = 2'000'000;

  explicit Timeline(std::size_t most = kMost) : most_(most) {}

  void add(const Instant& instant);
  // Gives each profile its moments.
  void put(Tree::Profiles& profiles) const;
  // What to say of samples left out; empty when there are none.
  std::string warning() const;

 private:
  struct Kept {
    std::int64_t at;
    std::uint32_t node;
    std::int64_t value;
  };

  std::size_t most_;
  std::vector<Kept> kept_;
  std::uint64_t seen_ = 0;
  std::uint64_t stride_ = 1;
};

// "3076.915498" in nanoseconds; 0 when it is no such time.
std::int64_t nanoseconds(std::string_view time);

}  // namespace tidemark::perf_script
