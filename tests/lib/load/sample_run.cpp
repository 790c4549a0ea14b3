#include "tests/lib/load/sample_run.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/load/hlog.h"
#include "lib/load/usl.h"
#include "lib/run/load_file.h"
#include "lib/run/series_db.h"

namespace tidemark::load {
namespace {

constexpr std::int64_t kStart = 1'763'758'519'000;
constexpr int kStageSeconds = 60;
constexpr int kFaultAt = 80;

struct SampleStage {
  std::string_view name;
  double rate;
};
constexpr std::array<SampleStage, 3> kStages = {{{"warm-up", 200}, {"normal", 500}, {"x10", 2000}}};

struct SampleLabel {
  std::string_view name;
  double share;
  double median_ms;
};
constexpr std::array<SampleLabel, 3> kLabels = {
    {{"search", 0.6, 4.0}, {"add <document>", 0.3, 9.0}, {"status", 0.1, 0.6}}};

// One second of all labels; what a second is, nothing outside of it decides.
struct SampleSecond {
  std::array<Histogram, 3> response;
  std::array<FailureCounts, 3> failures{};
  Histogram send_lag;
};

SampleSecond second_of(int second) {
  SampleSecond out;
  std::mt19937_64 random(static_cast<unsigned>(second) + 1);
  const std::size_t stage = static_cast<std::size_t>(second / kStageSeconds);
  const double load = kStages.at(stage).rate;
  for (std::size_t i = 0; i < kLabels.size(); ++i) {
    const double median = kLabels.at(i).median_ms * (1 + std::pow(load / 2000, 2) * 2);
    std::lognormal_distribution<double> times(std::log(median * 1e6), 0.35 + load / 5000);
    const int requests = static_cast<int>(load * kLabels.at(i).share);
    for (int request = 0; request < requests; ++request) {
      double ns = times(random);
      // Everything waits for a fault of one second.
      if (second == kFaultAt) ns += 1e9 * (1 - request / static_cast<double>(requests));
      out.response.at(i).record(static_cast<std::int64_t>(ns));
    }
    if (second == kFaultAt) out.failures.at(i).at(static_cast<std::size_t>(Failure::kTimeout)) = 7;
    if (stage == 2 && second % 3 == 0)
      out.failures.at(i).at(static_cast<std::size_t>(Failure::kStatus)) = 4 + second % 5;
  }
  std::lognormal_distribution<double> lag(std::log(20e3), 0.8);
  for (int i = 0; i < 200; ++i) out.send_lag.record(static_cast<std::int64_t>(lag(random)));
  return out;
}

void add(LabelResult& to, const SampleSecond& second, std::size_t label) {
  to.response.add(second.response.at(label));
  to.service.add(second.response.at(label));
  to.done += second.response.at(label).count();
  to.bytes += second.response.at(label).count() * 1200;
  for (std::size_t kind = 0; kind < kFailures; ++kind)
    to.failures.at(kind) += second.failures.at(label).at(kind);
}

void add_all(std::vector<LabelResult>& out, const std::string& stage, int from, int to) {
  std::vector<LabelResult> made(kLabels.size() + 1);
  for (std::size_t i = 0; i < kLabels.size(); ++i) made[i].label = kLabels.at(i).name;
  for (LabelResult& one : made) one.stage = stage;
  for (int second = from; second < to; ++second) {
    const SampleSecond counted = second_of(second);
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      add(made[i], counted, i);
      add(made.back(), counted, i);
    }
  }
  std::ranges::move(made, std::back_inserter(out));
}

LimitResult limit(const std::string& text, LimitResult::State state, std::optional<double> measured,
                  std::string why = "") {
  return {.limit = parse_limit(text, "limit"),
          .state = state,
          .measured = measured,
          .why = std::move(why)};
}

Scalability sample_ladder() {
  std::vector<Rung> rungs;
  for (const int n : {1, 2, 5, 10, 20, 50, 100}) {
    const double truth = 900.0 * n / (1 + 0.06 * (n - 1) + 0.0012 * n * (n - 1));
    rungs.push_back(
        {.clients = n, .throughput = truth * (1 + 0.02 * std::sin(n)), .error = truth * 0.015});
  }
  return fit_scalability(std::move(rungs));
}

std::int64_t memory_at(int second) {
  return 180'000'000 + 220'000LL * second + static_cast<std::int64_t>(4e6 * std::sin(second / 7.0));
}

void write_log(const std::filesystem::path& path) {
  IntervalLog log(path, kStart);
  std::array<Histogram, 3> tenth;
  for (int second = 0; second < 3 * kStageSeconds; ++second) {
    const SampleSecond counted = second_of(second);
    Histogram all;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      all.add(counted.response.at(i));
      tenth.at(i).add(counted.response.at(i));
    }
    log.write("", kStart + second * 1000, 1000, all);
    if (second % 10 != 9) continue;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      log.write(kLabels.at(i).name, kStart + (second - 9) * 1000, 10'000, tenth.at(i));
      tenth.at(i).clear();
    }
  }
}

void write_series(const std::filesystem::path& path) {
  SeriesWriter writer = SeriesWriter::open(path);
  const SeriesId rate = writer.add("load.rate", "count");
  const SeriesId due = writer.add("load.rate_due", "count");
  const SeriesId p95 = writer.add("load.p95", "ns");
  const SeriesId timeouts = writer.add("load.errors.timeout", "count");
  const SeriesId statuses = writer.add("load.errors.status", "count");
  const SeriesId rss = writer.add("rss", "bytes");
  for (int second = 0; second < 3 * kStageSeconds; ++second) {
    const SampleSecond counted = second_of(second);
    const std::int64_t at = kStart + (second + 1) * 1000;
    Histogram all;
    std::int64_t late = 0;
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
      all.add(counted.response.at(i));
      late += counted.failures.at(i).at(static_cast<std::size_t>(Failure::kTimeout));
      wrong += counted.failures.at(i).at(static_cast<std::size_t>(Failure::kStatus));
    }
    writer.append(rate, at, second == kFaultAt ? 0 : all.count());
    writer.append(due, at,
                  static_cast<std::int64_t>(
                      kStages.at(static_cast<std::size_t>(second / kStageSeconds)).rate));
    writer.append(p95, at, all.at_percentile(95));
    writer.append(timeouts, at, late);
    writer.append(statuses, at, wrong);
    writer.append(rss, at, memory_at(second));
  }
}

}  // namespace

RunResult sample_run() {
  using State = LimitResult::State;
  constexpr std::int64_t kStageMs = kStageSeconds * 1000;
  RunResult out{.scenario = "soak.toml",
                .target = "http://127.0.0.1:8080/api",
                .seed = 18'446'744'073'709'551'615U,
                .start_ms = kStart,
                .end_ms = kStart + 3 * kStageMs,
                .ending = Ending::kCrossed,
                .why = "1 of 6 limits is crossed: p95@x10 < 10ms"};
  for (int i = 0; i < 3; ++i) {
    const std::string name(kStages.at(static_cast<std::size_t>(i)).name);
    StageResult& stage = out.stages.emplace_back();
    stage.name = name;
    stage.start_ms = kStart + i * kStageMs;
    stage.end_ms = stage.start_ms + kStageMs;
    stage.rate = kStages.at(static_cast<std::size_t>(i)).rate;
    for (int second = i * kStageSeconds; second < (i + 1) * kStageSeconds; ++second)
      stage.send_lag.add(second_of(second).send_lag);
    add_all(out.labels, name, i * kStageSeconds, (i + 1) * kStageSeconds);
  }
  add_all(out.labels, "", 0, 3 * kStageSeconds);
  out.faults.push_back({.what = "pause 1s",
                        .at_ms = kStart + kFaultAt * 1000,
                        .over_ms = kStart + kFaultAt * 1000 + 1000,
                        .recovered_ms = kStart + kFaultAt * 1000 + 2200,
                        .memory_before = memory_at(kFaultAt),
                        .memory_after = memory_at(kFaultAt + 2)});
  out.scalability = sample_ladder();
  out.limits = {limit("p95@normal < 60ms", State::kPassed, 17.3e6),
                limit("p95@x10 < 10ms", State::kCrossed, 51.8e6),
                limit("errors < 5%", State::kPassed, 0.0061),
                limit("recover < 30s", State::kPassed, 1.2e9),
                limit("rss.growth@normal < 50MiB/24h", State::kNotMeasured, std::nullopt,
                      "too short to tell"),
                limit("leak.definite == 0", State::kNotApplicable, std::nullopt,
                      "judged by the tool that runs pressure")};
  out.warnings = {"the target's memory was read every second only"};
  return out;
}

void write_sample_run(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  write_file(directory / kLoadFile, to_json(sample_run()));
  write_log(directory / kLoadLog);
  write_series(directory / "series.db");
}

}  // namespace tidemark::load
