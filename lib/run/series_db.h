#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/model/series.h"

namespace tidemark {

// One series of a series.db that is being written.
enum class SeriesId : std::int64_t {};

// Writes series.db, a SQLite file in WAL mode: many may read while we write, and
// another process may write series of its own (docs/formats/series.md).
//
//   open, add series..., append points..., destructor
//
// Points wait in memory for at most 2 s as long as append() or flush() is
// called; then they are on disk in one transaction. A disk that is full or a
// file that is gone does not end a soak: points wait, trouble() says why, and
// the next attempt writes them. A million of them may wait; then the oldest are
// dropped, and trouble() counts them.
class SeriesWriter {
 public:
  // Makes `path` or goes on with it. Throws Error when it cannot, and when the
  // file is of a later version.
  static SeriesWriter open(const std::filesystem::path& path);
  SeriesWriter(SeriesWriter&&) noexcept;
  SeriesWriter& operator=(SeriesWriter&&) noexcept;
  ~SeriesWriter();  // flushes

  // The series with this name and pid; a new one when there is none. Its points
  // are in the unit given; their places are in milliseconds since the epoch.
  SeriesId add(const std::string& name, const std::string& unit, std::int64_t pid = 0);

  // A later value at the same place replaces the former.
  void append(SeriesId series, std::int64_t at_ms, std::int64_t value);

  // Writes what waits now. Whether nothing waits any more.
  bool flush();

  // Why points could not be written at the last attempt; empty: all is well.
  std::string trouble() const;

 private:
  struct State;
  explicit SeriesWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// All series of a series.db, in the order in which they were added, while it is
// written or after its writer died. Throws Error when it is not one, damaged,
// or of a later version.
std::vector<Series> read_series(const std::filesystem::path& path);

}  // namespace tidemark
