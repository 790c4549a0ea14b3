#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/load/failure.h"
#include "lib/load/histogram.h"
#include "tools/pressure/export/moment.h"

namespace tidemark::pressure {

// A run as OpenMetrics 1.0 (https://openmetrics.io): base units, counters since its start,
// a histogram of the response times of each label.
class Metrics {
 public:
  Metrics(std::string scenario, std::string target);

  void take(const Moment& moment);

  // Of all that was taken. Labels are untrusted text.
  std::string text() const;

 private:
  // Upper bounds of buckets in nanoseconds: 100 us to 50 s.
  static constexpr std::array<std::int64_t, 18> kBounds = {
      100'000,       250'000,       500'000,       1'000'000,      2'500'000,      5'000'000,
      10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,    500'000'000,
      1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 25'000'000'000, 50'000'000'000};
  struct Times {
    std::array<std::int64_t, kBounds.size()> up_to{};  // not cumulative
    std::int64_t count = 0;
    double seconds = 0;
    void add(const load::Histogram& histogram);
  };
  struct Label {
    std::string name;
    Times response;
    std::int64_t done = 0;
    std::int64_t bytes = 0;
    load::FailureCounts failures{};
  };
  static void add_times(std::string& out, const std::string& family, const std::string& labels,
                        const Times& times);

  std::string scenario_;
  std::string target_;
  std::string stage_;
  std::vector<Label> labels_;
  Times lag_;
  std::int64_t under_way_ = 0;
  double rate_due_ = 0;
  std::optional<std::int64_t> memory_;
};

}  // namespace tidemark::pressure
