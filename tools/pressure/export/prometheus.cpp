#include "tools/pressure/export/prometheus.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/http/server.h"

namespace tidemark::pressure {
namespace {

constexpr std::string_view kType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

http::ServerSettings settings_for(std::string_view where) {
  const std::size_t colon = where.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : to_unsigned(where.substr(colon + 1));
  if (!port || *port > 65535)
    throw UsageError(fmt::format("out: expected prom:ADDRESS:PORT, found {}",
                                 quoted("prom:" + std::string(where))),
                     "prom::9464 serves http://127.0.0.1:9464/metrics");
  http::ServerSettings settings;
  if (colon > 0) settings.address = where.substr(0, colon);
  settings.port = static_cast<std::uint16_t>(*port);
  settings.most_connections = 16;
  settings.most_header = 4096;
  settings.most_body = 0;
  return settings;
}

}  // namespace

struct PrometheusEndpoint::Serving {
  Serving(const http::ServerSettings& settings, Metrics first)
      : metrics(std::move(first)),
        server(settings, {{.path = "/metrics", .answer = [this](const http::Call&) {
                             return http::Answer{.type = std::string(kType), .body = copy().text()};
                           }}}) {
    // Signals are the driver's: none may come to this thread.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread = std::thread([this] {
      setpriority(PRIO_PROCESS, 0, 10);  // on Linux, of this thread alone
      server.run();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() {
    server.stop();
    thread.join();
  }

  Metrics copy() {
    const std::lock_guard lock(mutex);
    return metrics;
  }

  std::mutex mutex;
  Metrics metrics;  // as of the last second
  http::Server server;
  std::thread thread;
};

PrometheusEndpoint::PrometheusEndpoint(std::string_view where, std::string scenario,
                                       std::string target)
    : metrics_(std::move(scenario), std::move(target)) {
  serving_ = std::make_unique<Serving>(settings_for(where), metrics_);
}

PrometheusEndpoint::~PrometheusEndpoint() = default;

void PrometheusEndpoint::take(const Moment& moment) {
  metrics_.take(moment);
  // Never wait for a thread of lower priority: the next second has all that this one has.
  const std::unique_lock lock(serving_->mutex, std::try_to_lock);
  if (lock.owns_lock()) serving_->metrics = metrics_;
}

std::uint16_t PrometheusEndpoint::port() const { return serving_->server.port(); }

}  // namespace tidemark::pressure
