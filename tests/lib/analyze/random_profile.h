#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// The names on a stack, outermost first.
using NamedStack = std::vector<std::string>;

// The values of every stack of `profile` that has some, by its names: the plainest
// reading of a profile, to hold the fast ones against.
inline std::map<NamedStack, std::vector<std::int64_t>> named_stacks(const Profile& profile) {
  std::map<NamedStack, std::vector<std::int64_t>> all;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    NamedStack names;
    for (const Frame& frame : frames_of(profile, StackId{i})) {
      names.insert(names.begin(), name_of(frame));
    }
    std::vector<std::int64_t>& sums = all[names];
    sums.resize(profile.value_types().size());
    for (std::size_t v = 0; v < sums.size(); ++v) sums[v] += profile.self(StackId{i})[v];
  }
  std::erase_if(all, [](const auto& entry) {
    return entry.second == std::vector<std::int64_t>(entry.second.size());
  });
  return all;
}

// A small profile with two value types, of names that start alike; with `addresses`,
// several frames have the same name.
inline Profile random_profile(std::mt19937& random, bool addresses) {
  const std::vector<std::string> names = {"f",   "f-",   "f1",     "g",
                                          "f;x", "main", "f(int)", "\xC3\xA4"};
  Profile profile({{.name = "objects", .unit = "count"}, {.name = "space", .unit = "bytes"}});
  for (std::size_t stacks = 1 + random() % 40; stacks > 0; --stacks) {
    StackId stack = kRoot;
    for (std::size_t frames = random() % 6; frames > 0; --frames) {
      Frame frame{.function = names[random() % names.size()]};
      if (addresses) frame.address = 1 + random() % 2;
      stack = profile.push(stack, profile.intern(frame));
    }
    profile.add(stack, std::vector<std::int64_t>{static_cast<std::int64_t>(random() % 5),
                                                 static_cast<std::int64_t>(random() % 100)});
  }
  return profile;
}

}  // namespace tidemark
