#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// A function with what it costs in a profile's default value.
struct TopFunction {
  std::string name;
  std::int64_t self = 0;
  std::int64_t inclusive = 0;  // itself and all that it calls; recursion counts once
};

struct Top {
  ValueType type;
  std::int64_t total = 0;
  std::vector<TopFunction> functions;  // by self, then inclusive, then name
};

// The `most` costliest functions. Empty for a profile without values.
Top top_of(const Profile& profile, std::size_t most);

}  // namespace tidemark
