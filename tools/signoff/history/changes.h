#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/signoff/history/lines.h"

namespace tidemark::signoff {

// A metric's level moved, and that is no chance.
struct HistoryChange {
  enum class Kind : std::uint8_t { kStep, kCreep };
  Kind kind = Kind::kStep;
  LineKey line;
  // The last version that surely had the level before, and the first that surely has the new one;
  // of a creep the last before it and the last in which it moved.
  std::string after;
  std::string by;
  std::int64_t at_ms = 0;    // when `by` was first measured
  std::size_t versions = 1;  // over how many a creep went
  bool goes_on = false;      // of a creep: up to the latest version
  double from = 0;
  double to = 0;
  double low = 0;  // the 95 % interval of `to - from`
  double high = 0;
  std::optional<double> share;  // (to - from) / from; nothing when it was 0 before
  bool worse = false;           // more of what costs, or less of what is wanted
  double chance = 0;            // at most: how probable it is that noise alone looks so

  double change() const { return to - from; }
};

// A line with what was found in it.
struct StudiedLine {
  Line line;
  ChangePoints found;
  std::vector<HistoryChange> changes;  // in their order

  bool worse() const;
};

// The lines with changes first, those that got worse before others and large ones before small
// ones; then the others in the order of their keys.
std::vector<StudiedLine> studied(const std::vector<HistoryEntry>& entries,
                                 const LineFilter& filter = {});

// All changes in `entries`, the worst first.
std::vector<HistoryChange> changes_of(const std::vector<HistoryEntry>& entries,
                                      const LineFilter& filter = {});

// Changes for the worse that the last of `entries` shows, on its host and in its flavour: steps
// that could not be seen without it (one version alone may be a bad night), and what creeps up to
// it. REQUIRES: there is an entry.
std::vector<HistoryChange> worse_in_latest(const std::vector<HistoryEntry>& entries);

// "grew 6.1 % (4.8 to 7.4 %) between 1c3f and 2ab0: 101 MiB to 107 MiB",
// "crept up 9 % (8 to 11 %) over the last 24 versions, 0.4 % each: 101 MiB to 110 MiB".
std::string text_of(const HistoryChange& change);

// A value in the line's unit: "101 MiB".
std::string value_of(const LineKey& key, double value);

}  // namespace tidemark::signoff
