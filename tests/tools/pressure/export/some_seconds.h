#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/pressure/export/moment.h"

namespace tidemark::pressure {

inline constexpr std::int64_t kSomeStart = 1'763'758'519'000;

// Hands seconds of a run to a sink: requests "a" and "b", 100 answers of 1 ms and 10 of
// 20 ms each second.
class SomeSeconds {
 public:
  SomeSeconds() : counts_(2) { lag_.record(30'000); }

  std::vector<Counts>& counts() { return counts_; }
  std::optional<std::int64_t> memory;

  template <typename Sink>
  void pass(Sink& sink, int seconds = 1) {
    for (int i = 0; i < seconds; ++i) {
      at_ms_ += 1000;
      counts_[0].response.record(1'000'000, 100);
      counts_[0].done += 100;
      counts_[1].response.record(20'000'000, 10);
      counts_[1].done += 10;
      Counts all;
      for (const Counts& label : counts_) all.add(label);
      const Second second{
          .at_ms = at_ms_, .labels = counts_, .send_lag = &lag_, .under_way = 3, .rate_due = 115};
      sink.take(Moment{
          .second = second, .labels = labels_, .all = all, .stage = "normal", .memory = memory});
      for (Counts& label : counts_) label.clear();
    }
  }

 private:
  std::vector<std::string> labels_ = {"a", "b"};
  std::vector<Counts> counts_;
  load::Histogram lag_;
  std::int64_t at_ms_ = kSomeStart;
};

}  // namespace tidemark::pressure
