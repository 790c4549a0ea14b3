#pragma once

#include <span>
#include <string_view>

namespace tidemark {

// The candidate that `word` was probably meant to be: the one with the fewest
// letters changed, added, left out or swapped, when that is at most a third of
// the word's; empty when none is that near. Of equally near ones, the first.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tidemark
