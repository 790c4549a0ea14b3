#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::pressure {

// `pressure check FILE`: says what would run, and what it needs that is not here. 0: it can
// run; 1: something is missing here; 2: the scenario is wrong.
int check_verb(const cli::Args& args);

inline constexpr auto kCheckOptions = std::to_array<cli::Option>({
    {.name = "--target", .value = "URL", .summary = "instead of the scenario's target"},
});

inline constexpr std::array<cli::Example, 2> kCheckExamples = {{
    {.command = "pressure check examples/scenarios/http.toml",
     .about = "what would run, for how long, and what is missing here"},
    {.command = "pressure check --target http://127.0.0.1:9000 examples/scenarios/mcp.toml",
     .about = "the same on another target"},
}};

inline constexpr cli::Verb kCheckVerb = {
    .name = "check",
    .summary = "Says in words what a scenario would do, and what it needs that is not here.",
    .operands = "FILE.toml",
    .options = kCheckOptions,
    .examples = kCheckExamples,
    .run = check_verb};

}  // namespace tidemark::pressure
