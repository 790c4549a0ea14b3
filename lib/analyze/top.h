#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// One function of a profile, whichever stacks it is on.
struct FunctionTotal {
  std::string function;  // name_of(frame)
  std::string file;
  std::string module;
  std::int64_t self = 0;   // of stacks that end in it
  std::int64_t total = 0;  // of stacks that it is on; once each, however often it recurs
  double self_error = 0;   // standard errors; 0: exact
  double total_error = 0;
};

// Every function with its values of one type, the largest self first, then by
// total and name. Functions of the same name in two files are two. Costs one
// walk over the tree, whatever its depth.
std::vector<FunctionTotal> top(const Profile& profile, std::size_t value_type);

}  // namespace tidemark
