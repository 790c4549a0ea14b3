#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::memprof {

// What a well-known service needs that a profiler run would otherwise trip over.
// To add one, add its line in presets.cpp.
struct Preset {
  std::string_view name;         // for --profile-for, and the executable's name
  std::string_view alias;        // another name of the executable; empty: none
  int stop_signal;               // what makes it stop in an orderly way
  std::string_view because;      // why, in a few words, for the notes
  double helgrind_start = 1;     // how much slower still it starts under helgrind and drd
  std::int64_t spare_files = 0;  // see open_files_for()
};

std::span<const Preset> presets();

// The one of that name; UsageError with the names there are.
const Preset& preset_named(std::string_view name);

// The one that the executable's name stands for; null when none does.
const Preset* preset_for(const std::vector<std::string>& target);

// The limit of open files that the target needs under valgrind; 0: ours.
//
// memcached sets its limit to as many as it has connections (-c), hard limit
// included. valgrind keeps 12 descriptors for itself and lets a program set no
// hard limit but the one it shows, so memcached dies with 71 unless the limit
// is exactly its connections and those 12.
std::uint64_t open_files_for(const Preset& preset, const std::vector<std::string>& target);

}  // namespace tidemark::memprof
