#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/run.h"
#include "lib/run/series_db.h"
#include "lib/soak/soak_judge.h"

namespace tidemark::soak {

enum class SoakState : std::uint8_t {
  kWatching,    // its watcher lives
  kEnded,       // its time was up, or the target ended
  kStopped,     // before its time: Soak::why says so
  kWriterDied,  // the watcher is gone and did not say why; `leakwatch watch --resume` goes on
};

std::string_view words(SoakState state);  // "watching", "ended", "stopped", "its watcher died"

// A series' last value.
struct Reading {
  std::string name;  // "rss", "metric:connections"
  std::string unit;
  std::int64_t at_ms = 0;
  std::int64_t value = 0;
};

struct ProcessNow {
  std::int64_t pid = 0;
  std::string name;
  std::int64_t rss_bytes = 0;
  std::int64_t anon_bytes = 0;
  std::int64_t grown_bytes = 0;  // anonymous and swap, since it was first seen
  std::int64_t cpu_ms = 0;       // used so far
  std::int64_t threads = 0;
};

// What watching costs: us, and the target.
struct OwnCost {
  std::int64_t rss_bytes = 0;
  std::int64_t rss_grown_bytes = 0;  // since ten minutes after the start (or the first row)
  double cpu_share = 0;              // of one core
  double target_loss = 0;            // at most: of the process that smaps stalled most
  double bytes_per_row = 0;          // of series.db
};

// What is known of a soak at one moment.
struct Soak {
  std::filesystem::path directory;
  std::string name;    // the directory's
  std::string target;  // "redis-server --port 6379", "--pid 4711"
  SoakState state = SoakState::kWatching;
  std::string why;  // why it was stopped before its time
  Run run;          // run.json, the target's end included
  SoakSettings settings;
  std::int64_t started_ms = 0;
  std::int64_t now_ms = 0;  // the last row's time; 0: there is none yet
  std::int64_t rows = 0;
  std::int64_t lives = 0;        // 1: it was never restarted
  std::vector<Reading> now;      // of the whole tree, in the order of the file
  std::vector<ProcessNow> top;   // that live, the largest first; at most 16
  verdict::LeakVerdict verdict;  // verdict.text is the sentence for people
  verdict::Oddities oddities;
  std::optional<double> first_alarm_s;
  std::vector<SeriesEvent> events;    // restarts, gaps, clock jumps, alarms, in order
  std::vector<std::string> troubles;  // what could not be read or written
  OwnCost own;

  // The last value of a column; nothing when it was never known.
  std::optional<std::int64_t> value(Column column) const;
};

// Reads a soak's run directory again and again, while it is watched or later. Only
// what is new is read and judged; a look at a day costs about a tenth of a second,
// the next look a millisecond. Throws Error as read_run() and SeriesReader do.
//
//   SoakReader reader(path);  loop { show(reader.look()); }
class SoakReader {
 public:
  explicit SoakReader(std::filesystem::path directory);
  SoakReader(SoakReader&&) noexcept;
  SoakReader& operator=(SoakReader&&) noexcept;
  ~SoakReader();

  // As of now. The verdict is at most a 200th of the time watched, or 10 s, old
  // while the watcher lives.
  Soak look();

  // The same; hands on the new rows, whose values name series of `series`.
  using RowSink = std::function<void(const std::vector<SeriesName>& series, const SeriesRow& row)>;
  Soak look(const RowSink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A single look.
Soak read_soak(const std::filesystem::path& directory);

// Whether the directory is a soak's: a run of leakwatch.
bool is_soak(const Run& run);

}  // namespace tidemark::soak
