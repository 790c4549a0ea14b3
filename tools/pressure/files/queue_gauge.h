#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/loop.h"

namespace tidemark::pressure {

// The number at `pointer` in an answer: a JSON pointer, with or without its first slash,
// into JSON; or the name of a metric in Prometheus' text, whose first line of that name
// counts. Nothing: there is none.
std::optional<double> number_in(std::string_view answer, std::string_view pointer);

// Reads a number of the target once a second: "/watches#/queue_depth" is a path that is
// asked by GET, and where the number stands in what comes back.
class QueueGauge {
 public:
  using Sink = std::function<void(double value)>;

  // Throws UsageError that names `what` ("beside.edit.queue").
  QueueGauge(std::string_view text, std::string_view what, const load::Target& target, Sink sink);
  QueueGauge(QueueGauge&&) noexcept;
  ~QueueGauge();

  // Reads it once and waits for that. Throws Error that says why there is no number.
  double read();

  // As in work.h. A second without an answer is left out.
  Time step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
