#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/failure.h"
#include "lib/load/histogram.h"
#include "tools/pressure/export/moment.h"

namespace tidemark::pressure {

// A stage as it is about to run; times by the system's clock.
struct StageAhead {
  std::string name;
  std::size_t number = 1;  // from 1
  std::size_t of = 1;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;      // when it should be over; 0: not known
  std::int64_t run_end_ms = 0;  // the whole run
};

// What views know of a run: the last second, the stage so far, the way that led here.
struct Shown {
  Shown(std::string scenario_name, std::string target_text, std::int64_t limit_ns);

  void begin_stage(StageAhead next);
  void take(const Moment& moment);

  struct Label {
    std::string name;
    double rate = 0;  // in the last second, as `last`
    load::Histogram last;
    load::Histogram stage;  // so far
    std::int64_t done = 0;  // in the stage, as `failed`
    std::int64_t failed = 0;
  };
  static constexpr std::size_t kHistory = 400;  // seconds

  std::string scenario;
  std::string target;
  std::int64_t send_lag_limit_ns = 0;  // of its p99; 0: none
  StageAhead stage;
  std::int64_t start_ms = 0;
  std::int64_t now_ms = 0;
  double rate_due = 0;
  std::int64_t under_way = 0;
  std::int64_t send_lag_ns = 0;  // p99 of the last second
  Label all;
  bool by_label = true;  // whether `labels` are kept
  std::vector<Label> labels;
  load::FailureCounts failures{};  // of the whole run
  std::int64_t failed = 0;         // all of them
  std::int64_t finished = 0;       // answers and failures of the whole run
  std::optional<std::int64_t> memory;
  std::optional<std::int64_t> memory_first;
  std::deque<std::optional<double>> rates;  // one a second, the last one last
  std::deque<std::optional<double>> p95s;
  std::deque<std::optional<double>> memories;
};

// "7 timeout, 5 status", the most frequent first; empty without any.
std::string failures_text(const load::FailureCounts& failures);

// A part of all in percent: "0.12 %".
std::string share_text(std::int64_t part, std::int64_t all);

}  // namespace tidemark::pressure
