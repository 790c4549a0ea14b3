#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/failure.h"
#include "lib/load/histogram.h"
#include "lib/load/limit.h"

namespace tidemark::load {

// What reports tell of a histogram.
inline constexpr std::array<double, 8> kPercentiles = {50, 75, 90, 95, 99, 99.9, 99.99, 99.999};

// What one label did in one stage, or in the whole run.
struct LabelResult {
  std::string label;
  std::string stage;  // empty: the whole run
  Histogram response;
  Histogram service;  // empty for what is no request
  std::int64_t done = 0;
  std::int64_t bytes = 0;
  FailureCounts failures{};
};

struct StageResult {
  std::string name;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  double rate = 0;  // asked for; 0: closed
  int clients = 0;
  Histogram send_lag;
};

// A disturbance and what became of it.
struct FaultResult {
  std::string what;
  std::int64_t at_ms = 0;
  std::int64_t over_ms = 0;  // when it was taken back; 0: it was not possible
  // How long after over_ms errors and p95 were back; nothing: not by the end.
  std::optional<std::int64_t> recovered_ms;
  std::int64_t memory_before = 0;  // bytes of the target; 0: not known
  std::int64_t memory_after = 0;
  std::string trouble;  // why it could not be done; empty: it was
};

// One rung of a concurrency ladder.
struct Rung {
  int clients = 0;
  double throughput = 0;  // answers a second
  double error = 0;       // its standard error
};

// The Universal Scalability Law (Gunther): X(N) = l N / (1 + s (N-1) + k N (N-1)).
struct Scalability {
  std::vector<Rung> rungs;
  std::optional<double> lambda, sigma, kappa;      // nothing: could not be fitted
  std::optional<double> sigma_error, kappa_error;  // standard errors
  std::optional<double> lambda_error;
  std::array<double, 9> covariance{};  // of lambda, sigma, kappa, row by row
  std::optional<double> knee;          // N of the highest X, sqrt((1-s)/k)

  // X(N) / (N X(1)), where X(1) is the rung of one client, else the law's, else what the
  // smallest rung has of each client.
  double efficiency(const Rung& rung) const;
};

struct LimitResult {
  Limit limit;
  enum class State : std::uint8_t { kPassed, kCrossed, kNotApplicable, kNotMeasured };
  State state = State::kNotMeasured;
  std::optional<double> measured;  // in the limit's unit
  std::string why;                 // when it is not applicable or not measured
};

enum class Ending : std::uint8_t {
  kPassed,
  kCrossed,
  kTargetFailed,
  kNotValid,
  kGuard,
  kInterrupted
};

// "passed", "not applicable": as files and reports name them.
std::string_view name_of(Ending ending);
std::string_view name_of(LimitResult::State state);

// What a run of pressure found: what load.json, the report and signoff say.
struct RunResult {
  std::string scenario;
  std::string target;
  std::uint64_t seed = 0;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  Ending ending = Ending::kPassed;
  std::string why;       // for people
  std::string under;     // the profiler that slows the target down: latency limits do not apply
  double slow_down = 1;  // what the rates were divided by for it
  std::vector<StageResult> stages;
  std::vector<LabelResult>
      labels;  // each stage's, then the whole run's; label "" is all requests together
  std::vector<FaultResult> faults;
  std::optional<Scalability> scalability;
  std::vector<LimitResult> limits;
  std::vector<std::string> warnings;

  // A label in a stage (both "": all, the whole run); nothing when it was not measured.
  const LabelResult* find(std::string_view label, std::string_view stage) const;
};

}  // namespace tidemark::load
