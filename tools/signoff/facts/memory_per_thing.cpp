// Memory for one more of what is counted.
//
// A count that only rises (requests) is a clock: the growth by it is the slope of a line in the
// second half of the run, by the same model that judges allocation sites, in which memory may
// wander like noise or like a random walk (lib/analyze/level_fit.h). A count that goes up and
// down (connections, open documents) is regressed on; the error of its coefficient is that of the
// mean of the products of what both exceed their means by, autocorrelation included (Newey and
// West 1987, with the estimate of mean_error.h).

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "lib/analyze/level_fit.h"
#include "lib/soak/columns.h"
#include "tools/signoff/facts/mean_error.h"
#include "tools/signoff/facts/memory_facts.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;

constexpr std::size_t kTogether = 4;  // slots that make a pair
constexpr std::size_t kFewestPairs = 12;

// How many things there were in a slot; nothing: not known.
using Counts = std::vector<std::optional<double>>;

Counts of_series(const Timeline& line, double scale) {
  Counts out(kSlots);
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (line.slots.at(i).count > 0) out[i] = line.slots.at(i).mean() * scale;
  }
  return out;
}

// From answers a second to how many there were by then.
Counts summed(const Timelines& lines, const Timeline& rate) {
  Counts out(kSlots);
  const double seconds = (lines.slot_ms(1) - lines.slot_ms(0)) / 1e3;
  double sum = 0;
  std::size_t known = 0;
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (rate.slots.at(i).count == 0) continue;
    sum += rate.slots.at(i).mean() * seconds * static_cast<double>(i + 1 - known);
    known = i + 1;
    out[i] = sum;
  }
  return out;
}

Counts clients(const Timelines& lines, const load::RunResult& run) {
  Counts out(kSlots);
  for (std::size_t i = 0; i < kSlots; ++i) {
    for (const load::StageResult& stage : run.stages) {
      const double at = lines.slot_ms(i);
      if (stage.clients <= 0 || at < static_cast<double>(stage.start_ms) ||
          at >= static_cast<double>(stage.end_ms)) {
        continue;
      }
      out[i] = stage.clients;
    }
  }
  return out;
}

struct Pair {
  double things = 0;
  double bytes = 0;
};

// Neighbouring slots together; `from_ms`: earlier ones are left out.
std::vector<Pair> pairs_of(const Timelines& lines, const Counts& counts, double from_ms) {
  const Timeline* rss = lines.find("rss");
  std::vector<Pair> out;
  for (std::size_t start = 0; start < kSlots; start += kTogether) {
    Pair pair;
    double slots = 0;
    for (std::size_t i = start; i < start + kTogether; ++i) {
      const Slot& slot = rss->slots.at(i);
      if (slot.count == 0 || !counts[i] || lines.slot_ms(i) < from_ms) continue;
      pair.things += *counts[i];
      pair.bytes += slot.mean();
      slots += 1;
    }
    if (slots > 0) out.push_back({.things = pair.things / slots, .bytes = pair.bytes / slots});
  }
  return out;
}

bool only_rises(const std::vector<Pair>& pairs) {
  return std::ranges::is_sorted(pairs, {}, &Pair::things);
}

struct Slope {
  double value = 0;
  double error = -1;
  double freedom = 0;
  double low = 0;
  double high = 0;
};

std::optional<Slope> rising(const std::vector<Pair>& pairs) {
  const double first = pairs.front().things;
  const double scale = (pairs.back().things - first) / 10;  // to ten "hours"
  if (scale <= 0) return std::nullopt;
  std::vector<SitePoint> points;
  for (const Pair& pair : pairs) {
    const double at = (pair.things - first) / scale;
    if (!points.empty() && at <= points.back().hours) continue;
    points.push_back({.hours = at, .bytes = pair.bytes, .step = 4096});
  }
  const auto fit = fit_slope(points, points.front().hours);
  if (!fit) return std::nullopt;
  return Slope{.value = fit->per_hour / scale,
               .error = (fit->high - fit->low) / scale / (2 * student_95(0)),
               .low = fit->low / scale,
               .high = fit->high / scale};
}

std::optional<Slope> regressed(const std::vector<Pair>& pairs) {
  const auto count = static_cast<double>(pairs.size());
  Pair mean;
  for (const Pair& pair : pairs) {
    mean.things += pair.things / count;
    mean.bytes += pair.bytes / count;
  }
  double squares = 0;
  double products = 0;
  for (const Pair& pair : pairs) {
    squares += (pair.things - mean.things) * (pair.things - mean.things);
    products += (pair.things - mean.things) * (pair.bytes - mean.bytes);
  }
  if (squares <= 1e-9) return std::nullopt;
  const double slope = products / squares;
  std::vector<double> scores;
  for (const Pair& pair : pairs) {
    const double things = pair.things - mean.things;
    scores.push_back(things * (pair.bytes - mean.bytes - slope * things));
  }
  const auto found = mean_error(scores);
  if (!found) return std::nullopt;
  return Slope{.value = slope, .error = count * found->error / squares, .freedom = found->freedom};
}

std::optional<Measure> per_thing(const Timelines& lines, const std::string& name,
                                 const Counts& counts) {
  std::vector<Pair> pairs = pairs_of(lines, counts, std::numeric_limits<double>::lowest());
  const bool rises = only_rises(pairs);
  if (rises) {
    pairs = pairs_of(lines, counts, static_cast<double>(lines.windows.front().steady_ms));
  }
  if (pairs.size() < kFewestPairs) return std::nullopt;
  const std::optional<Slope> slope = rises ? rising(pairs) : regressed(pairs);
  if (!slope) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(pairs, {}, &Pair::things);
  return Measure{
      .metric = fmt::format("rss.per({})", name),
      .unit = budget::Unit::kBytes,
      .value = slope->value,
      .error = slope->error,
      .freedom = slope->freedom,
      .low = slope->low,
      .high = slope->high,
      .basis = fmt::format("{} moments with {:.0f} to {:.0f} of them{}", pairs.size(), least.things,
                           most.things, rises ? ", in the second half" : ""),
      .file = "series.db"};
}

}  // namespace

std::vector<Measure> memory_per_thing(const Timelines& lines, const load::RunResult* load,
                                      const std::string& not_applicable) {
  std::vector<Measure> out;
  if (lines.find("rss") == nullptr) return out;
  const auto add = [&](const std::string& name, const Counts& counts) {
    auto found = per_thing(lines, name, counts);
    if (!found) return;
    found->not_applicable = not_applicable;
    out.push_back(std::move(*found));
  };
  const Timeline* requests = lines.find("requests");
  const Timeline* rate = lines.find("load.rate");
  if (requests != nullptr) {
    add("requests", of_series(*requests, 1));
  } else if (rate != nullptr) {
    add("requests", summed(lines, *rate));
  }
  bool connections = false;
  for (const Timeline& line : lines.series) {
    if (!line.name.starts_with(soak::kMetricPrefix)) continue;
    const std::string name = line.name.substr(soak::kMetricPrefix.size());
    connections = connections || name == "connections";
    if (name != "requests") add(name, of_series(line, 1e-3));
  }
  if (!connections && load != nullptr) add("connections", clients(lines, *load));
  return out;
}

}  // namespace tidemark::signoff
