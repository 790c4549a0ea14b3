#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::signoff {

// What a run may name as its tool.
inline constexpr std::array<std::string_view, 5> kTools = {"memprof", "leakwatch", "pressure",
                                                           "flamegraph", "command"};

// Whether one of the globs matches the name of a target; none: all do.
bool applies_to(const std::vector<std::string>& globs, std::string_view target);

// Whether what a tool leaves is a run directory. A program of somebody else's leaves none, and
// flamegraph writes the files that it is told to.
bool leaves_a_run(std::string_view tool);

// Whether the tool makes a run directory where --output says: of those verbs that do.
bool takes_directory(std::string_view tool, const std::vector<std::string>& args);

}  // namespace tidemark::signoff
