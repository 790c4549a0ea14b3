#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

// What one number was in one version: the mean of its runs.
struct VersionValue {
  double value = 0;   // finite
  double error = -1;  // its standard error; below 0: not known; 0: exact
};

// The level changed from one version to the next, and stayed.
struct Step {
  std::size_t first = 0;  // the first version with the new level, most probably
  // The change came after version `after` and was there in version `by`: 95 % of such ranges hold
  // the true place.
  std::size_t after = 0;
  std::size_t by = 0;
  double from = 0;  // the level before
  double change = 0;
  double low = 0;  // the 95 % interval of `change`
  double high = 0;
  double chance = 0;  // at most: how probable it is that noise alone looks so somewhere
};

// The level moved by a little in each of many versions, none of which is a step.
struct Creep {
  std::size_t first = 0;  // the last version before it, and the last one in which it moved
  std::size_t last = 0;
  double from = 0;    // the level at `first`
  double change = 0;  // from `first` to `last`
  double low = 0;
  double high = 0;
  double chance = 0;

  std::size_t versions() const { return last - first; }
};

struct ChangePoints {
  bool too_few = false;               // fewer than kFewestVersions: nothing was looked for
  std::vector<Step> steps;            // in their order
  std::optional<Creep> creep;         // the strongest
  std::vector<std::size_t> outliers;  // single versions far from both neighbours: not changes
  double noise = 0;                   // standard deviation of a version around its level
  double freedom = 0;                 // of `noise`
  std::vector<double> fitted;         // the level at each version; as many as values
};

inline constexpr std::size_t kFewestVersions = 6;

// Looks for steps and a creep in the values of successive versions. Noise alone gives a step or a
// creep in at most one series of twenty; the method stands at the top of change_points.cpp.
// REQUIRES: values are finite.
ChangePoints find_changes(std::span<const VersionValue> values);

}  // namespace tidemark
