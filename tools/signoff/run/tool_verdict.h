#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "lib/model/run.h"
#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// What the end of a tool says.
struct ToolVerdict {
  State state = State::kNotDone;
  bool again = false;  // nothing was found, so another attempt may be made
  std::string why;     // for people
};

// By one table of exit codes; `directory` is what it left, `log` what it said.
ToolVerdict verdict_of(std::string_view tool, const End& end,
                       const std::filesystem::path& directory, const std::filesystem::path& log);

// What the runs of a phase come to by their tools alone: the worst of those that count, and of
// those that counts_always().
State tool_state(const PhasePlan& phase, std::span<const RunResult> runs);

}  // namespace tidemark::signoff
