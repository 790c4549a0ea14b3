#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/model/series.h"

namespace tidemark {

// One series of a series.db that is being written.
enum class SeriesId : std::int64_t {};

// Something that happened while series were taken: a restart, a gap, an alarm.
struct SeriesEvent {
  std::int64_t at_ms = 0;
  std::string kind;      // one word: "restart"
  std::int64_t pid = 0;  // 0: none in particular
  std::string text;      // for people

  friend bool operator==(const SeriesEvent&, const SeriesEvent&) = default;
};

// Writes series.db, a SQLite file in WAL mode: many may read while we write, and
// another process may write series of its own (docs/formats/series.md).
//
//   open, add series..., append points..., destructor
//
// What is handed over waits in memory for at most 2 s as long as append() or
// flush() is called; then it is on disk in one transaction. A disk that is full or
// a file that is gone does not end a soak: points wait, trouble() says why, and
// the next attempt writes them. A million of them may wait; then the oldest are
// dropped, and trouble() counts them.
class SeriesWriter {
 public:
  // Makes `path` or goes on with it. Throws Error when it cannot, and when the
  // file is of another version.
  static SeriesWriter open(const std::filesystem::path& path);
  SeriesWriter(SeriesWriter&&) noexcept;
  SeriesWriter& operator=(SeriesWriter&&) noexcept;
  ~SeriesWriter();  // flushes

  // The series with this name and pid; a new one when there is none. Its points
  // are in the unit given; their places are in milliseconds since the epoch. On
  // disk with the next points.
  SeriesId add(const std::string& name, const std::string& unit, std::int64_t pid = 0);

  // A later value at the same place replaces the former. Points of one moment
  // belong together: they are stored together when they are appended in a row.
  void append(SeriesId series, std::int64_t at_ms, std::int64_t value);

  void add_event(SeriesEvent event);

  // Keeps a text under a name, instead of the former one.
  void set(const std::string& name, const std::string& text);

  // Writes what waits now. Whether nothing waits any more.
  bool flush();

  // Why points could not be written at the last attempt; empty: all is well.
  std::string trouble() const;
  std::int64_t waiting() const;  // points that are not on disk
  std::int64_t dropped() const;  // points that never will be

 private:
  struct State;
  explicit SeriesWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A series as a SeriesReader names it.
struct SeriesName {
  std::string name;
  std::string unit;
  std::int64_t pid = 0;

  friend bool operator==(const SeriesName&, const SeriesName&) = default;
};

// The values of one moment.
struct SeriesRow {
  struct Value {
    std::size_t series = 0;  // a place in SeriesReader::series()
    std::int64_t value = 0;
  };
  std::int64_t at_ms = 0;
  std::vector<Value> values;
};

// Reads a series.db piece by piece while it is written, or after its writer died:
// each call gives what was written since the one before. The file is open only
// during a call. All throw Error when it is not one, damaged, or of another
// version.
//
//   SeriesReader reader(path);  loop { reader.read(sink);  reader.events(); }
class SeriesReader {
 public:
  explicit SeriesReader(std::filesystem::path path);
  SeriesReader(SeriesReader&&) noexcept;
  SeriesReader& operator=(SeriesReader&&) noexcept;
  ~SeriesReader();

  // Hands on the new rows in the order in which they were written, which is that
  // of time for each writer. How many there were.
  std::size_t read(const std::function<void(const SeriesRow&)>& sink);

  // Reads the texts alone.
  void read_texts();

  // As of the last read(): the series, in the order in which they were added; it
  // only grows. All events, and the texts that were set.
  const std::vector<SeriesName>& series() const;
  const std::vector<SeriesEvent>& events() const;
  const std::map<std::string, std::string>& texts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All series of a series.db, in the order in which they were added, while it is
// written or after its writer died. Throws Error when it is not one, damaged,
// or of another version.
std::vector<Series> read_series(const std::filesystem::path& path);

}  // namespace tidemark
