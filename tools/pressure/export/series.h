#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/load/failure.h"
#include "lib/run/series_db.h"
#include "tools/pressure/export/moment.h"

namespace tidemark::pressure {

// Writes each second into the run's series.db, where leakwatch and memprof keep the
// memory of the same target, on the same clock:
//
//   load.rate, load.rate_due       answers that count, and what is asked for, a second
//   load.p50 p95 p99 max           of all requests, in ns; nothing in a second without one
//   load.errors, load.errors.KIND  failures; those of a kind from its first on
//   load.under_way, load.send_lag  (its p99)
//   load.rate.LABEL, load.p95.LABEL
//   rss                            of the target, where we are the ones who read it
class SeriesSink {
 public:
  // Throws Error when the file cannot be written.
  explicit SeriesSink(const std::filesystem::path& path);

  void take(const Moment& moment);

  // A number that is neither a latency nor a count, such as a queue's depth.
  void gauge(std::int64_t at_ms, std::string_view name, double value);

  // A fault, a stage: shown as a mark. `kind` is one word.
  void mark(std::int64_t at_ms, const std::string& kind, const std::string& text);

  // Why the last seconds are not on disk; empty: they are, or will be within 2 s.
  std::string trouble() const { return writer_.trouble(); }
  bool flush() { return writer_.flush(); }

 private:
  SeriesId series(const std::string& name, const std::string& unit);
  void append(const std::string& name, const std::string& unit, std::int64_t value);
  void append_failures(const Counts& all);

  SeriesWriter writer_;
  std::map<std::string, SeriesId, std::less<>> known_;
  std::array<bool, load::kFailures> failed_{};
  std::int64_t at_ms_ = 0;
};

}  // namespace tidemark::pressure
