#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// Two profiles in one, stack by stack.
struct Compared {
  // Value type 2 i is a type of the profile before, 2 i + 1 the same after; their
  // names end in " before" and " after". The first two are those that were asked for.
  Profile profile;
  std::size_t before = 0;
  std::size_t after = 1;
};

struct CompareOptions {
  std::size_t before_value = 0;  // index of the value type asked for
  std::size_t after_value = 0;
  bool strip_hex = false;  // names that differ in a number after 0x only are the same
};

// Stacks are matched by the names of their frames, as folded text would; lines,
// addresses and modules may have moved. A frame is described as it is after, or
// before when it is gone. Value types that both have come along. Throws Error when
// the values differ in their units: time and bytes do not compare.
Compared compare(const Profile& before, const Profile& after, const CompareOptions& options = {});

// "0x7f3a+0x12" as "0x...+0x...".
std::string without_hex(std::string_view name);

// A factor that is kept exact.
struct Ratio {
  std::int64_t of = 1;
  std::int64_t to = 1;  // not 0
};

// value * of / to, cut off towards 0. Throws Error when it does not fit.
std::int64_t scaled(std::int64_t value, Ratio ratio);

// What makes the values before add up to those after; 1 when either adds up to 0.
Ratio normalising(const Compared& compared);

// Scales one value type of the profile.
void scale(Profile& profile, std::size_t value, Ratio ratio);

// A function that only one of the two has.
struct OneSided {
  std::string function;
  std::int64_t total = 0;
};

// The functions with a value of type `there` and none of type `not_there`, the
// largest first.
std::vector<OneSided> only_in(const Profile& profile, std::size_t there, std::size_t not_there);

// The stacks of `profile` whose value of type `not_there` is 0 for them and all they
// call, with their other values: what a graph with the widths of `not_there` cannot show.
Profile elided(const Profile& profile, std::size_t not_there);

}  // namespace tidemark
