#include "tools/signoff/facts/memory_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string_view>
#include <utility>

#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;
using budget::Unit;

constexpr std::string_view kFile = "series.db";
constexpr double kPage = 4096;

struct Told {
  std::string_view series;
  Unit unit;
  std::string_view what;
};
constexpr std::array<Told, 7> kTold = {{
    {"rss", Unit::kBytes, "resident"},
    {"pss", Unit::kBytes, "proportional"},
    {"uss", Unit::kBytes, "of one process alone"},
    {"heap", Unit::kBytes, "resident in [heap], what brk() gave"},
    {"swap", Unit::kBytes, "swapped out"},
    {"fds", Unit::kCount, "open files"},
    {"threads", Unit::kCount, "threads"},
}};

Measure peak(const Told& told, const Window& window, const Part& part) {
  return {.metric = fmt::format("{}.peak", told.series),
          .stage = window.stage,
          .unit = told.unit,
          .value = part.most,
          .basis = fmt::format("the largest of {} readings ({})", part.readings, told.what),
          .file = std::string(kFile)};
}

// Resident memory comes in pages: it is not known better than that.
Measure steady(const Told& told, const Window& window, const Part& part) {
  std::vector<double> means;
  for (const Slot& slot : part.steady) {
    if (slot.count > 0) means.push_back(slot.mean());
  }
  Measure out{
      .metric = fmt::format("{}.steady", told.series),
      .stage = window.stage,
      .unit = told.unit,
      .basis = fmt::format(
          "{} readings in the last {:.0f} s ({})", part.steady_readings,
          (static_cast<double>(window.steady_end_ms) - static_cast<double>(window.steady_ms)) / 1e3,
          told.what),
      .file = std::string(kFile)};
  // Memory hangs together: of a few readings nobody knows how much.
  constexpr std::size_t kFewest = 8;
  const auto found = means.size() < kFewest ? std::nullopt : mean_error(means);
  if (found) {
    out.value = found->mean;
    out.freedom = found->freedom;
    out.error = found->error;
    if (told.unit == Unit::kBytes) {
      out.error = std::max(out.error, kPage * std::numbers::inv_sqrt3 / 2);
    }
    return out;
  }
  for (const double mean : means) out.value += mean / static_cast<double>(means.size());
  out.basis += ", too few to tell how sure it is";
  return out;
}

}  // namespace

std::vector<Measure> memory_measures(const Timelines& lines, const std::string& not_applicable) {
  std::vector<Measure> out;
  for (const Told& told : kTold) {
    const Timeline* line = lines.find(told.series);
    if (line == nullptr) continue;
    for (std::size_t i = 0; i < lines.windows.size(); ++i) {
      const Part& part = line->parts[i];
      if (part.readings > 0) out.push_back(peak(told, lines.windows[i], part));
      if (part.steady_readings > 0) out.push_back(steady(told, lines.windows[i], part));
    }
  }
  for (Measure& measure : out) {
    if (measure.unit == Unit::kBytes) measure.not_applicable = not_applicable;
  }
  return out;
}

namespace {

struct Charted {
  std::string_view series;
  std::string_view name;
  bool peaks;  // what matters of a span is the largest of it
};
constexpr std::array<Charted, 6> kMemoryCharts = {{{"rss", "rss", false},
                                                   {"pss", "pss", false},
                                                   {"heap", "heap", false},
                                                   {"swap", "swap", false},
                                                   {"fds", "fds", false},
                                                   {"threads", "threads", false}}};
constexpr std::array<Charted, 4> kLoadCharts = {{{"load.p95", "p95", true},
                                                 {"load.rate", "rate", false},
                                                 {"load.errors", "errors", true},
                                                 {"load.p50", "p50", false}}};

std::int64_t whole(double value) { return std::llround(std::clamp(value, -9e18, 9e18)); }

std::optional<Series> chart(const Timelines& lines, const Charted& charted, double started_ms) {
  const Timeline* line = lines.find(charted.series);
  if (line == nullptr || line->readings < 2) return std::nullopt;
  Series out{.name = std::string(charted.name), .unit = line->unit, .at_unit = "ms"};
  double most = 0;
  for (std::size_t i = 0; i < line->slots.size(); ++i) {
    const Slot& slot = line->slots[i];
    if (slot.count == 0) continue;
    const double value = charted.peaks ? slot.most : slot.mean();
    most = std::max(most, std::abs(value));
    out.points.push_back({.at = whole(lines.slot_ms(i) - started_ms), .value = whole(value)});
  }
  if (most == 0 && charted.series == "swap") return std::nullopt;
  return out;
}

}  // namespace

std::vector<Series> charts_of(const Timelines& lines, std::int64_t started_ms, bool load_first) {
  std::vector<Series> out;
  const auto add = [&](const auto& charts) {
    for (const Charted& one : charts) {
      if (auto series = chart(lines, one, static_cast<double>(started_ms))) {
        out.push_back(std::move(*series));
      }
    }
  };
  if (load_first) add(kLoadCharts);
  add(kMemoryCharts);
  if (!load_first) add(kLoadCharts);
  return out;
}

}  // namespace tidemark::signoff
