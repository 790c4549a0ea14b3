#include "tests/tools/signoff/history/simulated.h"

#include <fmt/format.h>

namespace tidemark::signoff {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kFirst = 1'700'000'000'000;

// The same with every library.
double normal(std::mt19937_64& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) / 0x1p53;
  return sum - 6;
}

}  // namespace

std::string commit_of(std::size_t version) { return fmt::format("c{:04}", version); }

std::vector<HistoryEntry> simulate(const Simulated& simulated) {
  std::mt19937_64 random(simulated.seed);
  std::vector<HistoryEntry> entries;
  for (std::size_t version = 0; version < simulated.versions; ++version) {
    for (int night = 0; night < simulated.nights; ++night) {
      const auto number = static_cast<std::int64_t>(entries.size());
      HistoryEntry entry{.id = number + 1,
                         .campaign = "nightly",
                         .version = fmt::format("1.{}", version),
                         .commit = commit_of(version),
                         .host = "bench-1",
                         .flavour = "release",
                         .directory = fmt::format("/runs/{}", number)};
      entry.started_ms = kFirst + number * 7 * kDay;
      entry.ended_ms = entry.started_ms + 3'600'000;
      entry.state = "passed";
      entry.score = 96;
      entry.phases.push_back({.phase = "normal", .state = "passed", .duration_ms = 300'000});
      entry.rules.push_back({.phase = "normal",
                             .rule = "leaks.bytes == 0",
                             .state = version < 90 ? "passed" : "failed"});
      for (const SimulatedMetric& metric : simulated.metrics) {
        for (int i = 0; i < simulated.repetitions; ++i) {
          entry.measures.push_back(
              {.phase = "normal",
               .metric = metric.metric,
               .stage = metric.stage,
               .unit = metric.unit,
               .value = metric.level(version) * (1 + metric.noise * normal(random))});
        }
      }
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

Simulated two_years() {
  constexpr double kMiB = 1 << 20;
  Simulated out{.versions = 100, .seed = 2};
  out.metrics = {
      {.metric = "rss.peak",
       .unit = "bytes",
       .level = [](std::size_t at) { return kMiB * (at < 40 ? 120 : 127.2); }},
      {.metric = "rss.steady",
       .unit = "bytes",
       .noise = 0.006,
       .level =
           [](std::size_t at) {
             return kMiB * 90 * (1 + 0.004 * (at < 76 ? 0.0 : static_cast<double>(at - 75)));
           }},
      {.metric = "search.p95",
       .unit = "ns",
       .noise = 0.03,
       .level = [](std::size_t at) { return at < 70 ? 42e6 : 35e6; }},
      {.metric = "rate", .unit = "1/second", .noise = 0.02, .level = [](auto) { return 5200.0; }},
      {.metric = "errors", .unit = "share", .noise = 0.1, .level = [](auto) { return 0.002; }},
      {.metric = "heap.peak",
       .unit = "bytes",
       .level = [](std::size_t at) { return kMiB * (at == 55 ? 90 : 60); }},
      {.metric = "leaks.bytes",
       .unit = "bytes",
       .noise = 0,
       .level = [](std::size_t at) { return at < 90 ? 0.0 : 3200.0; }},
      {.metric = "growth", .unit = "bytes/day", .noise = 0.3, .level = [](auto) { return 2e6; }}};
  return out;
}

}  // namespace tidemark::signoff
