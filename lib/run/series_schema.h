#pragma once

#include <filesystem>

#include "lib/run/sqlite.h"

namespace tidemark {

// What series.db is; docs/formats/series.md describes it.
inline constexpr std::int64_t kSeriesVersion = 2;

// "tide", so that file(1) and a reader can tell the file from other databases.
inline constexpr std::int64_t kSeriesApplicationId = 0x74696465;

// The version of the file. Throws Error when it is no series.db, or a later one.
std::int64_t series_version(Database& database, const std::filesystem::path& path);

}  // namespace tidemark
