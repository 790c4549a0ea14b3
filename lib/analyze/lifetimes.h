#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/analyze/survival.h"

namespace tidemark {

// A sampled block that lives. Two of one process are the same when they are equal.
struct LivingBlock {
  std::uint64_t born_ns = 0;
  std::uint64_t size = 0;
  std::uint32_t thread = 0;

  friend auto operator<=>(const LivingBlock&, const LivingBlock&) = default;
};

// How many blocks were freed so far at an age from low_s on, but below high_s (which may
// be kStillAlive: there is no upper bound).
struct FreedAtAge {
  double low_s = 0;
  double high_s = kStillAlive;
  std::int64_t count = 0;
};

// What a sampler knows of one allocation site of one process at one moment. The clock is
// that of the births.
struct SiteLook {
  std::uint64_t since_ns = 0;  // when it began to sample
  std::uint64_t now_ns = 0;
  std::vector<LivingBlock> living;
  std::vector<FreedAtAge> freed;  // the same intervals in each look, ascending
};

// How long the blocks of one allocation site lived, from looks at it in the order of time.
//
// A block that is in one look and not in the next died between them: its age is known as
// exactly as the looks are apart. Those that no look ever saw were born and died between
// two: they are known to the intervals of SiteLook::freed.
class SiteLifetimes {
 public:
  void add(const std::string& process, const SiteLook& look);

  // Those that died, and those that lived when their process was last looked at.
  std::vector<Lifetime> all() const;

  // The longest time that any block could be watched for.
  double watched_s() const;

 private:
  struct Process {
    std::uint64_t since_ns = 0;
    std::uint64_t now_ns = 0;
    std::vector<LivingBlock> living;  // sorted
    std::vector<FreedAtAge> freed;
  };

  std::map<std::string, Process> processes_;
  std::vector<Lifetime> ended_;
  double watched_before_s_ = 0;  // in processes whose place another has taken
};

}  // namespace tidemark
