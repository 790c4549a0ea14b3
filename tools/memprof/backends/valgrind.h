#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/memprof/backends/backend.h"

namespace tidemark::memprof {

// Whether valgrind writes its own XML, or the tool a file of its own.
enum class ValgrindOutput : std::uint8_t { kXml, kOwnFile };

// The command line that runs a target under one of valgrind's tools: the
// options that are the same for all of them, then `options`, then the user's.
std::vector<std::string> valgrind(std::string_view tool, ValgrindOutput output, const Wrap& wrap,
                                  std::vector<std::string> options);

// `path` with every % doubled, for options in which valgrind expands %p.
std::string percent_doubled(const std::string& path);

}  // namespace tidemark::memprof
