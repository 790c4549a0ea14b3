// Order statistics: of n runs the r-th shortest is a bound of which one is 95 % sure that the
// share p of all runs is below it, when r or more of n are above that share's place with at most
// 5 % chance: P(B < p) for a beta distribution with r and n - r + 1. The longest of 12 runs covers
// 78 % of all with 95 % confidence, the longest of 59 covers 95 %.

#include "tools/signoff/history/durations.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lib/base/distributions.h"
#include "lib/report/amounts.h"

namespace tidemark::signoff {
namespace {

constexpr double kDoubt = 0.05;
constexpr double kNearlyAll = 0.95;
constexpr std::size_t kLatest = 100;  // runs; a phase changes over the years

// Those of which the time says something: it ended by itself.
bool counts(const HistoryPhase& phase) {
  return phase.duration_ms > 0 &&
         (phase.state == "passed" || phase.state == "failed" || phase.state == "inconclusive" ||
          phase.state == "waived" || phase.state == "not applicable");
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(a, b); }

enum class Likeness { kSame, kAnyHost, kAnyScale };

// By what the durations of `entry` count; nothing: it is not alike enough.
std::optional<double> factor_of(const HistoryEntry& entry, const DurationQuery& query,
                                Likeness likeness) {
  constexpr double kLeast = 0.1;
  if (entry.campaign != query.campaign) return std::nullopt;
  const bool here = query.host.empty() || entry.host == query.host;
  if (likeness == Likeness::kSame && !here) return std::nullopt;
  if (near(entry.scale, query.scale)) return 1;
  if (likeness != Likeness::kAnyScale || !(entry.scale > 0)) return std::nullopt;
  return std::max(query.scale / entry.scale, kLeast);
}

std::vector<std::int64_t> durations(const std::vector<HistoryEntry>& entries,
                                    const DurationQuery& query, Likeness likeness) {
  std::vector<std::int64_t> out;
  for (auto entry = entries.rbegin(); entry != entries.rend() && out.size() < kLatest; ++entry) {
    const auto factor = factor_of(*entry, query, likeness);
    if (!factor) continue;
    for (const HistoryPhase& phase : entry->phases) {
      if (phase.phase != query.phase || !counts(phase)) continue;
      const double ms = static_cast<double>(phase.duration_ms) * *factor;
      out.push_back(std::llround(std::min(ms, 9e15)));
    }
  }
  std::ranges::sort(out);
  return out;
}

// The share that is below the `place`-th shortest of `runs` (from 1), with 95 % confidence.
double covered(std::size_t place, std::size_t runs) {
  return beta_quantile(static_cast<double>(place), static_cast<double>(runs - place + 1), kDoubt);
}

std::int64_t quantile(const std::vector<std::int64_t>& sorted, double share) {
  const auto place =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(place, 1, sorted.size()) - 1];
}

}  // namespace

std::optional<DurationForecast> forecast_of(const std::vector<HistoryEntry>& entries,
                                            const DurationQuery& query) {
  for (const Likeness likeness : {Likeness::kSame, Likeness::kAnyHost, Likeness::kAnyScale}) {
    const std::vector<std::int64_t> sorted = durations(entries, query, likeness);
    if (sorted.empty()) continue;
    DurationForecast out{.usual_ms = quantile(sorted, 0.5),
                         .high_ms = quantile(sorted, 0.9),
                         .runs = sorted.size(),
                         .scaled = likeness == Likeness::kAnyScale};
    std::size_t place = sorted.size();
    while (place > 1 && covered(place - 1, sorted.size()) >= kNearlyAll) --place;
    out.longest_ms = sorted[place - 1];
    out.covers = covered(place, sorted.size());
    return out;
  }
  return std::nullopt;
}

std::optional<Expectation> expectation_of(const std::vector<HistoryEntry>& entries,
                                          const DurationQuery& query) {
  const auto forecast = forecast_of(entries, query);
  if (!forecast) return std::nullopt;
  return Expectation{.usual = std::chrono::milliseconds(forecast->usual_ms),
                     .longest = std::chrono::milliseconds(forecast->longest_ms)};
}

std::string DurationForecast::text() const {
  std::string out = plural(static_cast<std::int64_t>(runs), "run");
  if (scaled) out += " at other scales";
  return out + fmt::format(
                   ": half take less than {}, 9 in 10 less than {}; 95 % sure that {:.0f} % "
                   "take less than {}",
                   duration_text(usual_ms), duration_text(high_ms), std::floor(100 * covers),
                   duration_text(longest_ms));
}

}  // namespace tidemark::signoff
