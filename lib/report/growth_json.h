#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/analyze/growth_report.h"

namespace tidemark {

// sites.json: docs/formats/sites.md. At most `most` sites. The same report gives the same
// bytes.
std::string to_growth_json(const GrowthReport& report, std::size_t most = 200);

// Reads it back; `name` is for messages. Frames have no addresses any more. Throws Error
// when it is damaged or of a later version.
GrowthReport growth_from_json(std::string_view name, std::string_view text);

}  // namespace tidemark
