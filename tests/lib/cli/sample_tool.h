#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/cli/tool.h"

namespace tidemark::cli {

// What the sample tool's verb was given last.
inline Args& last_args() {
  static Args args;
  return args;
}

inline int remember(const Args& args) {
  last_args() = args;
  return kFound;
}

// Fails in the way its operand names.
inline int fail(const Args& args) {
  const std::string how = args.operands().front();
  if (how == "error") throw Error("x.xml:3: expected '<', found '>'", "look at the file");
  if (how == "usage") throw UsageError("rules.toml:1: no such rule");
  if (how == "internal") throw std::logic_error("promise broken");
  fmt::print("{}", std::string(100'000, 'x'));
  return kOk;
}

inline constexpr Option kRunOptions[] = {
    {.name = "--output,-o", .value = "DIR", .summary = "where the run goes"},
    {.name = "--with,-w",
     .value = "PROFILER",
     .summary = "the profiler to run under",
     .fallback = "memcheck",
     .choices = "memcheck|massif|helgrind"},
    {.name = "--rule", .value = "FILE", .summary = "rules to apply", .repeats = true},
    {.name = "--all-frames", .summary = "keep runtime frames - all of them"},
};
inline constexpr Example kRunExamples[] = {
    {.command = "sample run -o out -- ./service --port 1", .about = "runs the service"},
    {.command = "sample run --with massif -- true", .about = "runs true under massif"},
};
inline constexpr Verb kVerbs[] = {
    {.name = "run",
     .summary = "Runs a target under a profiler.",
     .operands = "-- TARGET [ARG]...",
     .options = kRunOptions,
     .examples = kRunExamples,
     .run = remember},
    {.name = "diff", .summary = "Compares two runs.", .operands = "A B", .run = remember},
    {.name = "report", .summary = "Shows runs.", .operands = "RUN [MORE]...", .run = remember},
    {.name = "fail", .summary = "Fails.", .operands = "HOW", .run = fail},
};
inline constexpr Tool kSample = {.name = "sample", .summary = "runs things", .verbs = kVerbs};

inline constexpr Verb kSingleVerb[] = {
    {.summary = "Prints files.", .operands = "[FILE]...", .options = kRunOptions, .run = remember},
};
inline constexpr Tool kSingle = {.name = "single", .summary = "prints files", .verbs = kSingleVerb};

}  // namespace tidemark::cli
