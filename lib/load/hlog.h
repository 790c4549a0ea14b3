#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/load/histogram.h"

namespace tidemark::load {

// HdrHistogram's own formats (https://github.com/HdrHistogram/HdrHistogram), which its
// tools read: a histogram as text, and the log of a run's histograms, version 1.3:
//
//   #[Histogram log format version 1.3]
//   #[StartTime: 1763758519.250 (seconds since epoch), 2025-11-21 20:55:19 UTC]
//   #[BaseTime: 1763758519.250 (seconds since epoch)]
//   "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//   0.000,1.000,2.769,HISTFAAAAEV42pN...
//   Tag=search,0.000,10.000,2.769,HISTFAAAAEV42pN...
//
// Times are in seconds, the maximum in milliseconds.

// A histogram in the encoding V2, compressed, as base64.
std::string encoded(const Histogram& histogram);

// The other way round. Throws Error that begins with `where` ("load.hlog:7") for anything
// but a histogram of 3 digits from 1 to at most 1 h. What base64 expands to is bounded.
Histogram decoded(std::string_view text, std::string_view where);

// What was counted in a stretch of time.
struct Interval {
  std::string tag;  // a label; empty: all requests together
  std::int64_t start_ms = 0;
  std::int64_t length_ms = 0;
  Histogram histogram;
};

// Writes a log line by line. Each line is in the file when write() returns, so that
// nothing is lost when we are killed.
class IntervalLog {
 public:
  // Replaces what is there. Throws Error when it cannot.
  IntervalLog(const std::filesystem::path& path, std::int64_t start_ms);

  // A disk that is full does not end a run: the line is left out, and trouble() says so.
  void write(std::string_view tag, std::int64_t start_ms, std::int64_t length_ms,
             const Histogram& histogram);

  const std::string& trouble() const { return trouble_; }

 private:
  bool append(std::string_view text);

  std::string name_;
  Descriptor fd_;
  std::int64_t start_ms_ = 0;
  std::int64_t size_ = 0;
  std::string trouble_;
};

// Hands on the intervals of a log in its order. What is said about a last line that was cut
// off, and therefore left out; empty: nothing was. Throws Error with file and line when it
// is not such a log, or damaged.
std::string read_intervals(const Input& input, const std::function<void(const Interval&)>& sink);

}  // namespace tidemark::load
