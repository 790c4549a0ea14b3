#pragma once

#include <array>

#include "lib/cli/tool.h"
#include "tools/signoff/run/settings.h"

namespace tidemark::signoff {

// `signoff run FILE`: 0: passed; 1: failed; 2: the campaign is wrong; 3: something could not be
// done, or it was interrupted; 4: inconclusive.
int run_verb(const cli::Args& args);

inline constexpr auto kRunOptions = std::to_array<cli::Option>({
    kSelectionOptions[0],
    kSelectionOptions[1],
    kSelectionOptions[2],
    kSelectionOptions[3],
    {.name = "--resume",
     .value = "DIR",
     .summary = "go on with a campaign that was interrupted or killed, in its directory"},
    {.name = "--output,-o",
     .value = "DIR",
     .summary = "where it writes; default signoff-CAMPAIGN-TIME"},
    {.name = "--baseline",
     .value = "DIR",
     .summary = "a former campaign, or runs, for relative rules and new findings; last: the last "
                "of the history that passed"},
    {.name = "--version", .value = "TEXT", .summary = "what is signed off, for reports"},
    {.name = "--commit",
     .value = "SHA",
     .summary = "its revision; default that of the git repository around the campaign's file"},
    {.name = "--history",
     .value = "FILE",
     .summary = "what remembers every night; default ~/.local/state/tidemark/history.db"},
    {.name = "--no-history", .summary = "neither read nor write one"},
    {.name = "--strict", .summary = "what is inconclusive fails: exit code 1 instead of 4"},
    {.name = "--max-memory",
     .value = "PERCENT",
     .summary = "the guard: when so much of the machine's memory is in use, the largest run is "
                "stopped",
     .fallback = "90"},
});

inline constexpr std::array<cli::Example, 3> kRunExamples = {{
    {.command = "signoff run examples/campaigns/release.toml", .about = "the whole campaign"},
    {.command = "signoff run -o night --scale 0.004 examples/campaigns/release.toml",
     .about = "a rehearsal of it"},
    {.command = "signoff run --resume night", .about = "go on after a crash"},
}};

inline constexpr cli::Verb kRunVerb = {
    .name = "run",
    .summary = "Runs a campaign, and says whether its release may go out.",
    .operands = "[FILE.toml]",
    .options = kRunOptions,
    .examples = kRunExamples,
    .run = run_verb};

}  // namespace tidemark::signoff
