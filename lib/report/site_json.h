#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/model/series.h"
#include "lib/report/json_place.h"

namespace tidemark {

// Sites and series in the JSON files that we write, and back (docs/formats/findings.md).
// What is empty or zero is left out, so that a file with many frames stays small.

nlohmann::ordered_json json_of(const Site& site);
nlohmann::ordered_json json_of(const Series& series);

Site site_of(const JsonPlace& at);
Series series_of(const JsonPlace& at);

// How deep `Site::holds` may nest in a file.
constexpr int kMostHeldDepth = 32;

}  // namespace tidemark
