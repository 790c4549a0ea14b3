#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/memprof/backends/backend.h"

namespace tidemark::memprof {

// Throws Error with the remedy when `backend` cannot profile `target` here: it
// is not installed, or the target was not built for it.
void check_backend(const Backend& backend, const std::vector<std::string>& target);

// What the last words of a target that ended early point at: the remedy for a
// known trouble of the profiler; empty when none is known.
std::string remedy_for(const std::vector<std::string>& last_lines);

// Whether the ELF file `program` holds one of `symbols` ("a|b"); true for a file
// that is not ELF, such as a script, of which we know nothing.
bool built_with(const std::filesystem::path& program, std::string_view symbols);

}  // namespace tidemark::memprof
