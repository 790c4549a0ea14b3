#pragma once

#include <cstddef>
#include <string>

#include "lib/cli/tool.h"

namespace tidemark::cli {

// Every page about a tool, made from its tables. `width` is in columns.

// `memprof --help`: the verbs, or the single verb's own page.
std::string help_page(const Tool& tool, std::size_t width);

// `memprof run --help`: usage line, one sentence, options, examples.
std::string help_page(const Tool& tool, const Verb& verb, std::size_t width);

// The man page, in troff with the man macros, section 1.
std::string man_page(const Tool& tool);

// The tables of options for docs/<tool>.md.
std::string markdown_page(const Tool& tool);

// A script for bash that completes verbs, options, their choices and files.
std::string bash_completion(const Tool& tool);

}  // namespace tidemark::cli
