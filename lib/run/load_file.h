#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/load/result.h"

namespace tidemark {

// The files that pressure leaves in a run directory, besides its series.
inline constexpr std::string_view kLoadFile = "load.json";
inline constexpr std::string_view kLoadLog = "load.hlog";

// load.json and back (docs/formats/load.md); `name` is for messages. Every histogram is in
// it, as percentiles for people and scripts and as HdrHistogram's V2 encoding, so that
// runs can be merged and compared exactly.
std::string to_json(const load::RunResult& result);
load::RunResult load_from_json(std::string_view name, std::string_view text);

// load.json of a run directory, or a file in its format. Throws Error.
load::RunResult read_load(const std::filesystem::path& path);

}  // namespace tidemark
