#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::signoff {

// `signoff history`: what every metric was in former nights, and where it changed. 0: reported;
// 4: there is too little to tell anything.
int history_verb(const cli::Args& args);

inline constexpr auto kHistoryOptions = std::to_array<cli::Option>({
    {.name = "--history",
     .value = "FILE",
     .summary = "instead of tidemark/history.db in $XDG_STATE_HOME or ~/.local/state"},
    {.name = "--campaign", .value = "NAME", .summary = "entries of this campaign alone"},
    {.name = "--host", .value = "NAME", .summary = "entries of this host alone"},
    {.name = "--phase", .value = "GLOB", .summary = "these phases alone", .fallback = "*"},
    {.name = "--metric", .value = "GLOB", .summary = "these metrics alone", .fallback = "*"},
    {.name = "--since",
     .value = "WHEN",
     .summary = "entries from then on: a date, or how long ago (90d)"},
    {.name = "--last", .value = "N", .summary = "the latest entries alone", .fallback = "1000"},
    {.name = "--changed", .summary = "metrics that changed alone"},
    {.name = "--format",
     .value = "NAME",
     .summary = "how to write it; else as the name of --output says, or text",
     .choices = "text|html|json|csv"},
    {.name = "--output,-o", .value = "FILE", .summary = "where to", .fallback = "-"},
    {.name = "--prune",
     .value = "AGE",
     .summary = "instead removes all entries that are older (400d), and reports nothing"},
});

inline constexpr std::array<cli::Example, 3> kHistoryExamples = {{
    {.command = "signoff history --metric 'rss*' --since 90d",
     .about = "how memory did in the last 90 days, changes first"},
    {.command = "signoff history -o history.html", .about = "everything, as a page"},
    {.command = "signoff history --prune 400d", .about = "forgets what is older"},
}};

inline constexpr cli::Verb kHistoryVerb = {
    .name = "history",
    .summary = "Shows every metric across versions, with the steps and the slow creep in it.",
    .operands = "",
    .options = kHistoryOptions,
    .examples = kHistoryExamples,
    .run = history_verb};

}  // namespace tidemark::signoff
