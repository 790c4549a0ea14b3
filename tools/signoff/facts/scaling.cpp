#include "tools/signoff/facts/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/load/usl.h"
#include "lib/run/load_file.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;
using budget::Unit;

double square(double x) { return x * x; }

// What one client gets alone, as Scalability::efficiency() takes it, and its relative error.
struct One {
  double throughput = 0;
  double relative_error = 0;
  int measured_at = 0;  // the rung that it is from; 0: the fitted law's
};

One one_client(const load::Scalability& law) {
  const load::Rung& least = *std::ranges::min_element(law.rungs, {}, &load::Rung::clients);
  if (law.lambda && least.clients != 1) {
    return {.throughput = *law.lambda,
            .relative_error = law.lambda_error.value_or(0) / std::max(*law.lambda, 1e-300)};
  }
  return {.throughput = least.throughput / std::max(least.clients, 1),
          .relative_error = least.error / std::max(least.throughput, 1e-300),
          .measured_at = least.clients};
}

Measure efficiency(double clients, double value) {
  return {.metric = fmt::format("efficiency({:g})", clients),
          .unit = Unit::kShare,
          .value = value,
          .file = std::string(kLoadFile)};
}

bool is_usable(const load::Scalability& law) {
  return !law.rungs.empty() && one_client(law).throughput > 0;
}

// N = sqrt((1 - s) / k); its error by the derivatives, with the covariance of s and k.
Measure knee_of(const load::Scalability& law) {
  const double sigma = law.sigma.value_or(0);
  const double kappa = law.kappa.value_or(0);
  const double knee = *law.knee;
  const double by_sigma = -knee / (2 * std::max(1 - sigma, 1e-9));
  const double by_kappa = -knee / (2 * std::max(kappa, 1e-300));
  const double variance = square(by_sigma) * law.covariance[4] +
                          square(by_kappa) * law.covariance[8] +
                          2 * by_sigma * by_kappa * law.covariance[5];
  const bool known = law.sigma_error && law.kappa_error && variance > 0 && std::isfinite(variance);
  return {.metric = "knee",
          .unit = Unit::kCount,
          .value = knee,
          .error = known ? std::sqrt(variance) : -1,
          .basis = fmt::format("the Universal Scalability Law through {} rungs", law.rungs.size()),
          .file = std::string(kLoadFile)};
}

// In ms, until it was back; until the end where it was not.
double time_of(const load::FaultResult& fault, const load::RunResult& run) {
  if (fault.recovered_ms) return static_cast<double>(*fault.recovered_ms);
  const std::int64_t since = fault.over_ms > 0 ? fault.over_ms : fault.at_ms;
  return std::max(static_cast<double>(run.end_ms) - static_cast<double>(since), 0.0);
}

}  // namespace

std::vector<Measure> scaling_measures(const load::RunResult& run,
                                      std::vector<std::string>& warnings) {
  std::vector<Measure> out;
  if (!run.scalability || !is_usable(*run.scalability)) return out;
  const load::Scalability& law = *run.scalability;
  const One one = one_client(law);
  for (const load::Rung& rung : law.rungs) {
    Measure& here = out.emplace_back(efficiency(rung.clients, law.efficiency(rung)));
    here.basis = fmt::format("{:.0f} answers a second from {} clients, {:.0f} from one alone",
                             rung.throughput, rung.clients, one.throughput);
    if (rung.throughput <= 0) continue;
    const double relative = square(rung.error / rung.throughput) + square(one.relative_error);
    here.error = rung.clients == one.measured_at ? 0 : here.value * std::sqrt(relative);
  }
  if (law.knee) {
    out.push_back(knee_of(law));
  } else {
    warnings.emplace_back("knee: the throughput may as well rise for ever, as far as was measured");
  }
  return out;
}

std::optional<Measure> efficiency_of(const load::RunResult& run, double clients) {
  if (!run.scalability || !is_usable(*run.scalability) || !(clients >= 1)) return std::nullopt;
  const load::Scalability& law = *run.scalability;
  if (!law.lambda || !law.sigma || !law.kappa) return std::nullopt;
  const One one = one_client(law);
  const load::Predicted there = load::throughput_at(law, clients);
  Measure out = efficiency(clients, there.throughput / (clients * one.throughput));
  if (there.throughput > 0) {
    out.error =
        out.value * std::sqrt(square(there.error / there.throughput) + square(one.relative_error));
  }
  out.basis = fmt::format("the Universal Scalability Law through {} rungs", law.rungs.size());
  return out;
}

std::vector<Measure> recovery_measures(const load::RunResult& run,
                                       std::vector<std::string>& warnings) {
  Measure worst{.metric = "recover", .unit = Unit::kNanoseconds, .file = std::string(kLoadFile)};
  const load::FaultResult* slowest = nullptr;
  for (const load::FaultResult& fault : run.faults) {
    if (!fault.trouble.empty()) {
      warnings.push_back(fmt::format("{}: {}", fault.what, fault.trouble));
      return {};
    }
    const double ms = time_of(fault, run);
    worst.at_least = worst.at_least || !fault.recovered_ms;
    if (slowest != nullptr && ms * 1e6 <= worst.value) continue;
    slowest = &fault;
    worst.value = ms * 1e6;
  }
  if (slowest == nullptr) return {};
  worst.basis =
      fmt::format("after \"{}\", the slowest of {} faults", slowest->what, run.faults.size());
  if (!slowest->recovered_ms) {
    worst.basis = fmt::format("after \"{}\" it had not come back by the end, {:.1f} s later",
                              slowest->what, worst.value / 1e9);
  }
  return {std::move(worst)};
}

}  // namespace tidemark::signoff
