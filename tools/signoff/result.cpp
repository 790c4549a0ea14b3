#include "tools/signoff/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/error.h"
#include "lib/cli/tool.h"

namespace tidemark::signoff {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 7> kStates = {{
    {State::kPassed, "passed"},
    {State::kFailed, "failed"},
    {State::kInconclusive, "inconclusive"},
    {State::kNotDone, "not done"},
    {State::kSkipped, "skipped"},
    {State::kNotApplicable, "not applicable"},
    {State::kWaived, "waived"},
}};

}  // namespace

std::string_view name_of(State state) {
  return std::ranges::find(kStates, state, &std::pair<State, std::string_view>::first)->second;
}

State state_named(std::string_view name) {
  const auto* const found =
      std::ranges::find(kStates, name, &std::pair<State, std::string_view>::second);
  if (found == kStates.end()) throw Error(fmt::format("\"{}\": no state of a sign-off", name));
  return found->first;
}

int SignoffResult::exit_code() const {
  switch (state) {
    case State::kPassed:
      return cli::kOk;
    case State::kFailed:
      return cli::kFound;
    case State::kInconclusive:
      return strict ? cli::kFound : cli::kUndecided;
    default:
      return cli::kFailed;
  }
}

}  // namespace tidemark::signoff
