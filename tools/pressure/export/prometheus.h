#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tools/pressure/export/metrics.h"

namespace tidemark::pressure {

// Serves the metrics of the last second at http://ADDRESS:PORT/metrics while the run goes
// on, as OpenMetrics.
//
// By lib/http's server on a thread of its own, at a lower priority: whoever asks, how often
// and how slowly, costs the thread that sends requests nothing but a text once a second.
// On the driver's own loop every connection of a stranger would add to our send lag.
class PrometheusEndpoint {
 public:
  // `where` is what follows "prom:" in the scenario: "ADDRESS:PORT"; ":9464" is loopback,
  // port 0 a free one. Listens from here on. Throws UsageError for anything else, Error when
  // the port is taken.
  PrometheusEndpoint(std::string_view where, std::string scenario, std::string target);
  PrometheusEndpoint(const PrometheusEndpoint&) = delete;
  PrometheusEndpoint& operator=(const PrometheusEndpoint&) = delete;
  ~PrometheusEndpoint();

  void take(const Moment& moment);
  std::uint16_t port() const;

 private:
  struct Serving;
  Metrics metrics_;
  std::unique_ptr<Serving> serving_;
};

}  // namespace tidemark::pressure
