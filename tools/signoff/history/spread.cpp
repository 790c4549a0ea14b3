// One night's mean of r runs varies by N + R/r, where N is the variance from night to night and R
// that between the runs of a night. Neighbouring nights differ by twice that, whatever the level
// does over months. So half of the mean squared difference, and R (1 - 1/r) besides, is the
// variance of a single run. Differences of neighbours overlap: m of them have 2 m / 3 degrees of
// freedom, as many as they would need for the same variance of the estimate.

#include "tools/signoff/history/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/report/amounts.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kFewestPairs = 3;
constexpr std::size_t kLatest = 60;  // nights

double real(std::size_t number) { return static_cast<double>(number); }

struct Night {
  std::int64_t started_ms = 0;
  std::vector<double> runs;

  double mean() const { return std::accumulate(runs.begin(), runs.end(), 0.0) / real(runs.size()); }
};

bool is_of(const LineKey& line, const HistoryEntry& entry) {
  return entry.campaign == line.campaign && entry.host == line.host &&
         entry.flavour == line.flavour &&
         std::abs(entry.scale - line.scale) <= 1e-9 * std::abs(line.scale);
}

std::vector<Night> nights_of(const std::vector<HistoryEntry>& entries, const LineKey& line) {
  std::vector<Night> nights;
  for (const HistoryEntry& entry : entries) {
    if (!is_of(line, entry)) continue;
    Night night{.started_ms = entry.started_ms};
    for (const HistoryMeasure& measure : entry.measures) {
      if (measure.phase == line.phase && measure.metric == line.metric &&
          measure.stage == line.stage && std::isfinite(measure.value)) {
        night.runs.push_back(measure.value);
      }
    }
    if (!night.runs.empty()) nights.push_back(std::move(night));
  }
  if (nights.size() > kLatest) nights.erase(nights.begin(), nights.end() - kLatest);
  return nights;
}

struct Pooled {
  double squares = 0;
  double count = 0;

  double mean() const { return count > 0 ? squares / count : 0; }
};

// What runs of one night differ by, relative to their mean; R.
Pooled within(const std::vector<Night>& nights) {
  Pooled out;
  for (const Night& night : nights) {
    const double mean = night.mean();
    if (mean == 0) continue;
    for (const double run : night.runs) out.squares += std::pow((run - mean) / mean, 2);
    out.count += real(night.runs.size() - 1);
  }
  return out;
}

// Which neighbours are of one level: neither a step nor a single bad night is between them.
std::vector<bool> of_one_level(const std::vector<Night>& nights, const ChangePoints& found) {
  std::vector<bool> out(nights.size(), true);
  out[0] = false;
  for (const Step& step : found.steps) out[step.first] = false;
  for (const std::size_t bad : found.outliers) {
    out[bad] = false;
    if (bad + 1 < out.size()) out[bad + 1] = false;
  }
  return out;
}

// What neighbouring nights differ by, relative to their mean, halved: N + R/r. What a creep moves
// in each night is not in it.
Pooled between(const std::vector<Night>& nights) {
  std::vector<VersionValue> values;
  values.reserve(nights.size());
  for (const Night& night : nights) values.push_back({.value = night.mean()});
  const ChangePoints found = find_changes(values);
  const std::vector<bool> paired = of_one_level(nights, found);
  Pooled out;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double mean = (values[i].value + values[i - 1].value) / 2;
    if (!paired[i] || mean == 0) continue;
    const double drift = found.fitted[i] - found.fitted[i - 1];
    out.squares += std::pow((values[i].value - values[i - 1].value - drift) / mean, 2) / 2;
    ++out.count;
  }
  return out;
}

}  // namespace

std::optional<budget::Spread> spread_of(const std::vector<HistoryEntry>& entries,
                                        const LineKey& line) {
  const std::vector<Night> nights = nights_of(entries, line);
  if (nights.size() <= kFewestPairs) return std::nullopt;
  const Pooled apart = between(nights);
  if (apart.count < real(kFewestPairs)) return std::nullopt;
  const Pooled inside = within(nights);
  std::size_t runs = 0;
  for (const Night& night : nights) runs += night.runs.size();
  // Of the mean number of runs in a night.
  const double more = inside.mean() * (1 - real(nights.size()) / real(runs));
  return budget::Spread{
      .relative = std::sqrt(apart.mean() + more),
      .freedom = std::max(2 * apart.count / 3, 1.0),
      .source = fmt::format("{} of {}", plural(static_cast<std::int64_t>(runs), "run"),
                            plural(static_cast<std::int64_t>(nights.size()), "former night"))};
}

}  // namespace tidemark::signoff
