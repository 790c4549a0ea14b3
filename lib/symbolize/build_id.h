#pragma once

#include <filesystem>
#include <string>

namespace tidemark {

// The build id of an executable or library, in hexadecimal digits; empty when it
// has none, or is none.
std::string build_id_of(const std::filesystem::path& path);

}  // namespace tidemark
