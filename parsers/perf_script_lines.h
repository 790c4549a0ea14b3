#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "parsers/perf_script.h"

namespace tidemark::perf_script {

using Rules = PerfScriptOptions::Rules;

// The line that starts a sample: "java 12/14 [001] 3.07: 250000 cycles:u: ".
struct EventLine {
  std::string_view comm;
  std::string_view pid;                   // "?" where the rules do not know it
  std::string_view tid;                   // the only number where there is one
  std::optional<std::string_view> event;  // nothing: counts, whatever the filter
  std::int64_t period = 1;
  bool huge = false;      // the period printed does not fit; `period` is 1
  bool one_line = false;  // the sample is all on this line, `rest` its only frame
  std::string_view rest;  // what follows the event: a frame, or a tracepoint's fields
  std::string_view time;  // "3.07"; empty: not printed
};

// The line of a frame: "  1140 spin+0x17 (/usr/bin/spin)".
struct FrameLine {
  std::string_view address;
  std::string_view symbol = {};
  std::string_view module = {};
  bool inlined = false;
};

// How one set of rules takes lines apart. Lines come without their newline.
struct Grammar {
  std::optional<EventLine> (*event_line)(std::string_view line);
  std::optional<FrameLine> (*frame_line)(std::string_view line);
  bool (*ends_sample)(std::string_view line);
};

extern const Grammar kBestGrammar;        // perf_script_best.cpp
extern const Grammar kFlameGraphGrammar;  // perf_script_flamegraph.cpp
extern const Grammar kInfernoGrammar;     // perf_script_inferno.cpp

const Grammar& grammar_of(Rules rules);

// Loops by hand: the library's find_first_of() calls memchr() for each byte.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// As \s of regular expressions.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_digits(std::string_view text);  // one at least
std::string_view without_spaces_behind(std::string_view text);
std::string_view without_spaces_around(std::string_view text);

// Whether a frame or more has an address and this module: "/tmp/perf-12.map".
bool is_kernel(std::string_view module, Rules rules);
bool is_jit(std::string_view module, Rules rules);

}  // namespace tidemark::perf_script
