#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// A second of the run as everything that shows or keeps it is handed it, each by its
// take(). All of it is valid during the call only.
struct Moment {
  const Second& second;
  const std::vector<std::string>& labels;  // by LabelId, as second.labels
  const Counts& all;                       // of the requests of the mix together
  std::string_view stage;                  // its name
  std::optional<std::int64_t> memory;      // resident bytes of the target; nothing: not known
};

}  // namespace tidemark::pressure
