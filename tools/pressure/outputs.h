#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/result.h"
#include "tools/pressure/export/interval_sink.h"
#include "tools/pressure/export/moment.h"
#include "tools/pressure/export/prometheus.h"
#include "tools/pressure/export/series.h"
#include "tools/pressure/settings.h"
#include "tools/pressure/view/live_view.h"

namespace tidemark::pressure {

// Everything that a run shows, keeps and serves while it goes on: the live view or plain
// lines on stderr, load.hlog, series.db, the Prometheus endpoint.
class Outputs {
 public:
  // Throws Error when a file cannot be written or the port is taken.
  Outputs(const Settings& settings, std::int64_t start_ms);

  void take(const Moment& moment);
  void begin_stage(std::size_t stage, std::int64_t at_ms);
  void say(const std::string& line);
  void gauge(std::string_view name, double value);  // "edit.queue"

  // Leaves the terminal and writes what waits. What could not be kept, for people.
  std::vector<std::string> finish(const std::vector<load::FaultResult>& faults);

 private:
  const std::vector<load::Stage> stages_;
  IntervalSink log_;
  SeriesSink series_;
  std::optional<PrometheusEndpoint> prometheus_;
  std::optional<LiveView> view_;
  bool own_memory_;  // nobody else writes the target's memory there
};

}  // namespace tidemark::pressure
