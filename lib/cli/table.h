#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/tool.h"

namespace tidemark::cli {

// What the tables of tool.h say, taken apart: shared by the parser and by every
// page that is made from them.

std::string_view long_name(const Option& option);   // "--output"
std::string_view short_name(const Option& option);  // "-o"; empty: it has none
bool is_flag(const Option& option);
std::vector<std::string_view> choices_of(const Option& option);

// The options that every verb has besides its own: --help.
std::span<const Option> common_options();

// What a verb takes besides options, from "RUN [FILE]... -- TARGET [ARG]...".
struct Shape {
  std::vector<std::string_view> operands;  // their names, without brackets and dots
  std::size_t required = 0;                // how many of them must be there
  bool endless = false;                    // the last one repeats
  bool has_rest = false;                   // something may follow "--"
  std::string_view rest;                   // what must: "TARGET"; empty: nothing must
};
Shape shape_of(const Verb& verb);

// "memprof run", or "memprof" for a tool without verbs.
std::string command_of(const Tool& tool, const Verb& verb);

// "memprof run [OPTION]... -- TARGET [ARG]...".
std::string usage_of(const Tool& tool, const Verb& verb);

// Whether the tool is a single nameless verb.
bool has_verbs(const Tool& tool);

}  // namespace tidemark::cli
