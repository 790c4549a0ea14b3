#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::signoff {

// What is kept of the values of a series that were taken in one span of time.
struct Slot {
  double sum = 0;
  double most = 0;
  std::int64_t count = 0;

  double mean() const { return sum / static_cast<double>(count); }
};

// A part of a run in which memory is told of: the whole, or a stage of its load.
struct Window {
  std::string stage;           // empty: the whole run
  std::int64_t from_ms = 0;    // a reading from here on may be the largest
  std::int64_t to_ms = 0;      // up to here
  std::int64_t steady_ms = 0;  // and from here on it counts for the level
  std::int64_t steady_end_ms = 0;
};

inline constexpr std::size_t kSteadySlots = 64;
inline constexpr std::size_t kSlots = 384;

// A series in one window.
struct Part {
  std::int64_t readings = 0;  // in the whole window
  double most = 0;
  std::int64_t steady_readings = 0;
  std::array<Slot, kSteadySlots> steady{};  // equal spans from steady_ms to steady_end_ms
};

// One series in bounded memory, however long it is.
struct Timeline {
  std::string name;  // as series.db has it: "rss", "load.p95", "metric:documents"
  std::string unit;
  std::int64_t readings = 0;
  std::array<Slot, kSlots> slots{};  // equal spans of the time that the file covers
  std::vector<Part> parts;           // one for each window
};

struct Timelines {
  std::int64_t from_ms = 0;  // the first and the last row
  std::int64_t to_ms = 0;
  std::vector<Window> windows;  // the whole first, then the stages
  std::vector<Timeline> series;
  std::int64_t lives = 0;  // how often the target started, where that was watched
  std::vector<std::string> warnings;

  // Nothing when there is no such series.
  const Timeline* find(std::string_view name) const;
  // The middle of a slot.
  double slot_ms(std::size_t slot) const;
};

// A load while the series were taken.
struct LoadTimes {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<Window> stages;  // with their ends only
};

// Reads the series of the whole tree that facts are made of. The level of the whole run is that
// of the second half of the load, or of all when there was none; that of a stage counts from a
// third of it on. What is damaged is a warning; what came before it counts.
Timelines read_timelines(const std::filesystem::path& file, const std::optional<LoadTimes>& load);

}  // namespace tidemark::signoff
