#pragma once

#include <array>

#include "lib/cli/tool.h"
#include "tools/signoff/run/duration.h"
#include "tools/signoff/run/settings.h"

namespace tidemark::signoff {

// `signoff check FILE`: says what would run, and what it needs that is not here. 0: it can
// run; 1: something is missing here; 2: the campaign is wrong.
int check_verb(const cli::Args& args);

// The same with what its history expects.
int check_campaign(const cli::Args& args, const Expected& expected);

inline constexpr std::array<cli::Example, 2> kCheckExamples = {{
    {.command = "signoff check examples/campaigns/release.toml",
     .about = "what would run, for how long, held to what, and what is missing here"},
    {.command = "signoff check --target redis --skip soak --scale 0.01 "
                "examples/campaigns/release.toml",
     .about = "the same of a part of it, as a rehearsal"},
}};

inline constexpr cli::Verb kCheckVerb = {
    .name = "check",
    .summary = "Says in words what a campaign would do, and what it needs that is not here.",
    .operands = "FILE.toml",
    .options = kSelectionOptions,
    .examples = kCheckExamples,
    .run = check_verb};

}  // namespace tidemark::signoff
