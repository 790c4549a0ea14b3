#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/load/limit.h"
#include "tools/pressure/judge.h"

namespace tidemark::pressure {

// Follows the target's memory for the limits on it: one judge for each stage that such a
// limit names, "" for the whole run.
class MemoryWatch {
 public:
  explicit MemoryWatch(const std::vector<load::Limit>& limits);

  // A reading, once a second; `stage` is the name of the one that runs.
  void add(std::int64_t at_ms, std::int64_t bytes, const std::string& stage);

  // Empty when nothing was read.
  std::vector<StageMemory> stages() const;

 private:
  struct Watched {
    std::string stage;
    verdict::LeakJudge judge;
    std::int64_t most_bytes = 0;
  };
  std::vector<Watched> watched_;
  bool read_ = false;
};

}  // namespace tidemark::pressure
