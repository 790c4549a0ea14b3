#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::signoff {

// `signoff judge RUN... --budgets FILE`: holds runs that are there against budgets.
int judge_verb(const cli::Args& args);

inline constexpr auto kJudgeOptions = std::to_array<cli::Option>({
    {.name = "--budgets", .value = "FILE", .summary = "TOML file with the rules", .repeats = true},
    {.name = "--rule",
     .value = "LIMIT",
     .summary = "a rule by itself, such as 'rss.peak < 512MiB'",
     .repeats = true},
    {.name = "--phase",
     .value = "NAME",
     .summary = "what the runs are, where a budget is of a phase",
     .fallback = "runs"},
    {.name = "--baseline",
     .value = "DIR",
     .summary = "a former run, or a directory of them, for relative rules and new findings"},
    {.name = "--flavour", .value = "NAME", .summary = "of the build: rules may be for one only"},
    {.name = "--verdicts", .summary = "the tools' own verdicts count as well"},
    {.name = "--strict", .summary = "what is inconclusive fails: exit code 1 instead of 4"},
    {.name = "--format",
     .value = "FORMAT",
     .summary = "what to write",
     .fallback = "text",
     .choices = "text|html|json|junit|sarif|markdown|metrics|github"},
    {.name = "--output,-o", .value = "FILE", .summary = "where to", .fallback = "-"},
});

inline constexpr std::array<cli::Example, 2> kJudgeExamples = {{
    {.command = "signoff judge soak --rule 'growth < 50MB/24h' --rule 'rss.peak < 1GiB'",
     .about = "a soak of leakwatch against two limits"},
    {.command = "signoff judge run.1 run.2 run.3 --budgets budgets.toml --baseline release-1.4",
     .about = "three repetitions together, against budgets and the last release"},
}};

inline constexpr cli::Verb kJudgeVerb = {
    .name = "judge",
    .summary = "Holds runs that are there against budgets; several of one kind are repetitions.",
    .operands = "RUN...",
    .options = kJudgeOptions,
    .examples = kJudgeExamples,
    .run = judge_verb};

}  // namespace tidemark::signoff
