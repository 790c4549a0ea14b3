#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/scenario.h"

namespace tidemark::load {

// How many requests (visits, for a persona with a session) an open stage makes, on average;
// 0 for a closed one, whose target decides. `rate_before` is that of the stage before.
double expected_arrivals(const Stage& stage, double rate_before);

// What a scenario would do, for people: the target, each stage and when, the requests and
// how many of each, who stands beside them, the faults' timetable and the limits. Ends in a
// newline; the same for the same scenario.
std::string scenario_words(const Scenario& scenario);

// One thing that a scenario cannot run without.
struct Need {
  enum class Kind : std::uint8_t {
    kProgram,      // in PATH, or a path
    kFile,         // that is read
    kProcess,      // a pid
    kDescriptors,  // open files, so many
    kTarget,       // a target that the scenario does not name
  };
  Kind kind = Kind::kProgram;
  std::string what;        // "stress-ng", "mix.sql", "4711", "2100"
  std::string why;         // "memory 256MiB 30s", "beside.sql"
  std::int64_t count = 0;  // of descriptors
};

// Everything but what each fault asks of the machine, which those who do faults know.
std::vector<Need> needs_of(const Scenario& scenario);

}  // namespace tidemark::load
