#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/failure.h"
#include "lib/load/histogram.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// A name under which answers are counted: a request of the mix ("search"), or what a
// client beside it measures ("chat.ack", "feed.delivery", "edit.visible").
enum class LabelId : std::uint32_t {};

// What was counted in one stage, one second or the whole run.
struct Counts {
  load::Histogram response;  // from the intended send to the answer
  load::Histogram service;   // from the actual send to the answer
  std::int64_t done = 0;     // answers that count
  std::int64_t bytes = 0;
  load::FailureCounts failures{};

  void add(const Counts& other);
  void clear();
  std::int64_t failed() const;
};

// One second of the run, as views, series and logs are handed it.
struct Second {
  std::int64_t at_ms = 0;  // its end, by the system's clock
  double seconds = 1;      // how long it was
  std::size_t stage = 0;
  std::span<const Counts> labels;  // by LabelId; valid during the call
  const load::Histogram* send_lag = nullptr;
  std::int64_t under_way = 0;
  double rate_due = 0;  // what the stage asks for, a second; 0: a closed load
};

// Counts what happens, by label and stage, in memory that does not grow with time.
//
//   add labels..., begin_stage, finished..., end_second..., next stage..., results
//
// A request counts in the stage in which it was meant to be sent, however late its answer.
class Tally {
 public:
  LabelId label(std::string_view name);  // the same for the same name
  const std::vector<std::string>& labels() const { return names_; }

  // `from` is when the stage begins: what was meant to be sent earlier counts in one before.
  void begin_stage(std::size_t stage, Time from = 0);
  std::size_t stage() const { return stage_; }

  struct Moments {
    Time intended = 0;
    Time sent = 0;  // 0: it never was
    Time done = 0;
  };
  void finished(LabelId label, const Moments& moments, std::int64_t bytes);
  // A failure counts towards errors; its time only when an answer came (kStatus,
  // kExpectation) or the time-out was waited for.
  void failed(LabelId label, const Moments& moments, load::Failure failure);
  // Requests that were due and never sent.
  void failed_unsent(LabelId label, Time intended, load::Failure failure, std::int64_t times);
  // A duration that is no request: an acknowledgement, a delivery, until a change shows.
  void measured(LabelId label, Time duration);
  // How late we were to send something that could have been sent: our fault alone.
  void lagged(Time duration);

  // Hands the second that ends now to `sink` and begins the next.
  void end_second(Second about, const std::function<void(const Second&)>& sink);

  // Of one stage, and of all together.
  const Counts& of(LabelId label, std::size_t stage) const;
  Counts total(LabelId label) const;
  const load::Histogram& send_lag(std::size_t stage) const;
  std::size_t stages() const { return by_stage_.size(); }

 private:
  struct Stage {
    Time from = 0;
    std::deque<Counts> labels;
    load::Histogram send_lag;
  };
  std::size_t stage_at(Time intended) const;

  std::vector<std::string> names_;
  std::deque<Stage> by_stage_;
  std::vector<Counts> second_;
  load::Histogram second_lag_;
  std::size_t stage_ = 0;
};

}  // namespace tidemark::pressure
