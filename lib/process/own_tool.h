#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace tidemark {

// The directory of our own executable; empty when the kernel does not tell.
std::filesystem::path own_directory();

// Another of our tools, by its name: beside our own executable, as it is installed; in the
// directory of its own next to ours, as it is built; or in PATH.
std::optional<std::filesystem::path> find_own_tool(std::string_view name);

}  // namespace tidemark
