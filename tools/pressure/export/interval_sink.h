#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/load/histogram.h"
#include "lib/load/hlog.h"
#include "tools/pressure/export/moment.h"

namespace tidemark::pressure {

// Keeps the response times of each second in load.hlog: a line a second for all requests,
// and one for each label, as its tag, every 10 s. A run of more than an hour has a line
// every 10 s for all, too: a day is then 9000 lines and not 90,000.
class IntervalSink {
 public:
  // Throws Error when the file cannot be written.
  IntervalSink(const std::filesystem::path& path, std::int64_t start_ms);

  void take(const Moment& moment);

  // Writes what waits for its 10 s to be over. Call it at the end of the run.
  void finish();

  const std::string& trouble() const { return log_.trouble(); }

 private:
  struct Waiting {
    std::string tag;
    load::Histogram histogram;
  };
  void write(Waiting& waiting, std::int64_t from_ms);

  load::IntervalLog log_;
  std::int64_t start_ms_;
  std::int64_t end_ms_;          // of the second before
  std::int64_t labels_from_ms_;  // since when the labels wait
  std::int64_t all_from_ms_;
  Waiting all_;
  std::vector<Waiting> labels_;
};

}  // namespace tidemark::pressure
