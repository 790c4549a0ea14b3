#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// What the tests of the writers for other tools write: "srv-7/8;main;f" with 2 and 40 ns
// at 100, then "srv-7/8;main;g" with 1 and 10 ns at 140, in the order of time.
inline Profile timed_profile() {
  Profile profile({{.name = "samples", .unit = "count"}, {.name = "cpu", .unit = "nanoseconds"}});
  profile.title = "timed";
  profile.default_value = 1;
  const StackId thread = profile.push(kRoot, profile.intern({.function = "srv-7/8"}));
  const StackId main = profile.push(
      thread,
      profile.intern({.function = "main", .file = "/src/a.c", .line = 3, .module = "/bin/srv"}));
  const StackId f = profile.push(main, profile.intern({.function = "f"}));
  const StackId g = profile.push(main, profile.intern({.function = "g"}));
  profile.add(f, std::vector<std::int64_t>{2, 40});
  profile.add(g, std::vector<std::int64_t>{1, 10});
  profile.timeline = {{.at = 100, .stack = f, .value = 40}, {.at = 140, .stack = g, .value = 10}};
  return profile;
}

// The same without times.
inline Profile untimed_profile() {
  Profile profile = timed_profile();
  profile.timeline.clear();
  return profile;
}

// A stack of one frame that is text of no language.
inline Profile hostile_profile() {
  Profile profile(std::vector<ValueType>{{.name = "\"\\</script>", .unit = "count"}});
  profile.title = "\xff\"\n";
  profile.add(profile.push(kRoot, profile.intern({.function = "\"\\\x1b\xff\n</script>",
                                                  .file = "\"\n",
                                                  .module = "\\\xfe"})),
              std::vector<std::int64_t>{3});
  return profile;
}

}  // namespace tidemark
