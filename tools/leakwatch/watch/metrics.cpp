#include "tools/leakwatch/watch/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/error.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::chrono::seconds kLongest{10};
constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr int kFirstError = 300;
constexpr double kThousand = 1000;

}  // namespace

Metrics::Metrics(std::vector<Metric> metrics) {
  for (Metric& metric : metrics) all_.push_back({.metric = std::move(metric)});
}

void Metrics::fail(Asked& asked, const std::string& why) {
  asked.exchange.reset();
  if (!asked.failing) news_.push_back(why);
  asked.failing = true;
}

void Metrics::ask() {
  for (Asked& asked : all_) {
    if (asked.exchange) continue;
    try {
      asked.exchange.emplace(
          http::Request{.url = asked.metric.url, .time = kLongest, .most_bytes = kMostBytes});
    } catch (const Error& error) {
      fail(asked, fmt::format("--metric {}: {}", asked.metric.name, error.what()));
    }
  }
  advance();
}

void Metrics::advance() {
  for (Asked& asked : all_) {
    try {
      if (!asked.exchange || !asked.exchange->advance()) continue;
      const http::Response& response = asked.exchange->response();
      if (response.status < 200 || response.status >= kFirstError) {
        throw Error(fmt::format("answered with {} {}", response.status, response.reason));
      }
      asked.answer = value_in(asked.metric, response.body);
      asked.exchange.reset();
      if (asked.failing) {
        news_.push_back(fmt::format("--metric {}: works again", asked.metric.name));
      }
      asked.failing = false;
    } catch (const Error& error) {
      fail(asked, fmt::format("--metric {}: {}", asked.metric.name, error.what()));
    }
  }
}

void Metrics::add_to(std::vector<pollfd>& events) const {
  for (const Asked& asked : all_) {
    if (asked.exchange) {
      events.push_back({.fd = asked.exchange->fd(), .events = asked.exchange->events()});
    }
  }
}

bool Metrics::under_way() const {
  return std::ranges::any_of(all_, [](const Asked& asked) { return asked.exchange.has_value(); });
}

void Metrics::take(soak::Values& values, std::vector<MetricValue>& others) {
  others.clear();
  for (Asked& asked : all_) {
    if (!asked.answer) continue;
    if (asked.metric.name == soak::name_of(soak::Column::kRequests).name) {
      values.set(soak::Column::kRequests, std::llround(*asked.answer));
    } else {
      others.push_back(
          {.name = asked.metric.name, .thousandths = std::llround(*asked.answer * kThousand)});
    }
    asked.answer.reset();
  }
}

std::vector<std::string> Metrics::news() { return std::exchange(news_, {}); }

}  // namespace tidemark::leakwatch
