#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/http/client.h"
#include "lib/soak/columns.h"
#include "tools/leakwatch/watch/metric.h"
#include "tools/leakwatch/watch/recorder.h"

namespace tidemark::leakwatch {

// Asks the service for its metrics without ever waiting for it: each row has what
// was answered since the row before.
//
//   metrics.ask();  ... poll() for add_to(), advance() ...  metrics.take(values)
class Metrics {
 public:
  explicit Metrics(std::vector<Metric> metrics);

  // Asks again those that have answered, or failed.
  void ask();
  void advance();
  void add_to(std::vector<pollfd>& events) const;
  bool under_way() const;  // whether an answer may still come

  // Hands over the answers: "requests" as a column, others as metrics.
  void take(soak::Values& values, std::vector<MetricValue>& others);

  // What went wrong or works again since the last call, for people.
  std::vector<std::string> news();

 private:
  struct Asked {
    Metric metric;
    std::optional<http::Exchange> exchange;
    std::optional<double> answer;
    bool failing = false;
  };
  void fail(Asked& asked, const std::string& why);

  std::vector<Asked> all_;
  std::vector<std::string> news_;
};

}  // namespace tidemark::leakwatch
