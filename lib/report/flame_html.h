#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/model/profile.h"
#include "lib/report/flame_data.h"

namespace tidemark {

// What the outermost frames of a profile are: the viewer filters by them.
enum class FlameRoots : std::uint8_t {
  kFunctions,  // where the program starts; not filtered
  kProcesses,  // commands, "comm-PID" or "comm-PID/TID"
};

// How the viewer shows a profile. All text may be any bytes.
struct FlamePage {
  std::string title;
  std::string subtitle;
  std::string source;  // names of the files that the profile was read from
  FlameRoots roots = FlameRoots::kFunctions;
  FlameGrain grain = FlameGrain::kFunctions;
  // Both given: the page opens as the difference of these two value types.
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
};

// The profile as one HTML file that needs nothing else: no network, no server. Its
// views (flame, icicle, sandwich, tables, time) are in docs/viewer.md; without
// JavaScript it shows a table of the top functions. A Content-Security-Policy with
// hashes forbids every other script and style, and every request.
// The same profile and page give the same bytes.
// REQUIRES: the profile has a value type; before and after are indices of value types.
std::string flame_html(const Profile& profile, const FlamePage& page);

}  // namespace tidemark
