#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "tools/memprof/backends/backend.h"

namespace tidemark::memprof {

// Every profiler, the default first.
std::span<const Backend* const> backends();

// The one of that name. REQUIRES: it is one of backend_choices().
const Backend& backend_named(std::string_view name);

// A backend's program or library where it is installed; empty when it is not,
// or when the backend needs neither.
std::filesystem::path installed(const Backend& backend);

// "3.19.0": what the program says of itself; empty when it does not. Starts it.
std::string version_of(const Backend& backend);

// What is known to go wrong with what is installed here, with the remedy; empty
// when nothing is.
std::string known_trouble(const Backend& backend, std::string_view version);

}  // namespace tidemark::memprof
