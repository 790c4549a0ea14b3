#pragma once

#include <cstddef>

#include "lib/cli/line.h"
#include "lib/cli/terminal.h"
#include "tools/signoff/run/runner.h"

namespace tidemark::signoff {

// Says on stderr what goes on: on a terminal a line that changes, with what has ended above it;
// elsewhere a line for each run that starts and that ends.
class Progress {
 public:
  explicit Progress(std::size_t phases) : phases_(phases) {}

  void started(const PhaseResult& phase, const RunResult& run);
  void ended(const PhaseResult& phase, const RunResult& run);
  void phase_ended(const PhaseResult& phase);
  void standing(const Standing& now);

 private:
  void say(const std::string& line);

  std::size_t phases_;  // that are asked for
  std::size_t ended_ = 0;
  cli::ProgressLine line_;
};

// "[####------] 41 %, 12m left  redis/memory: memcheck 40s of about 1m30s", for so many columns.
std::string standing_text(const Standing& now, cli::Look look, std::size_t columns);

}  // namespace tidemark::signoff
