// series.db is read twice: once for the time that it covers, and once to sort its values into
// slots of that time. A day at 1 Hz takes about a fifth of a second, and memory does not grow
// with its length.

#include "tools/signoff/facts/timelines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "lib/base/error.h"
#include "lib/run/series_db.h"
#include "lib/soak/columns.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostSeries = 128;
constexpr std::size_t kMostStages = 256;
constexpr std::array<std::string_view, 16> kNames = {
    "rss",         "pss",       "uss",           "heap",          "swap",     "fds",
    "threads",     "anon",      "requests",      "life",          "load.p50", "load.p95",
    "load.errors", "load.rate", "load.rate_due", "load.under_way"};
// Nothing lives while these are 0: no reading of the target.
constexpr std::array<std::string_view, 4> kNeverZero = {"rss", "pss", "uss", "threads"};

bool is_wanted(const SeriesName& series) {
  if (series.pid != 0) return false;
  return std::ranges::find(kNames, series.name) != kNames.end() ||
         series.name.starts_with(soak::kMetricPrefix);
}

void put(Slot& slot, double value) {
  slot.most = slot.count == 0 ? value : std::max(slot.most, value);
  slot.sum += value;
  ++slot.count;
}

// Where `at` lies among `count` equal spans from `from` to `to`; both ends are in it.
std::optional<std::size_t> place(std::int64_t at, double from, double to, std::size_t count) {
  const auto when = static_cast<double>(at);
  if (when < from || when > to) return std::nullopt;
  if (to <= from) return 0;
  const double part = (when - from) / (to - from) * static_cast<double>(count);
  return std::min(static_cast<std::size_t>(part), count - 1);
}

class Reading {
 public:
  Reading(const std::filesystem::path& file, Timelines& into) : file_(file), into_(into) {}

  void read_span() {
    SeriesReader reader(file_);
    bool first = true;
    whole(reader, [&](const SeriesRow& row) {
      into_.from_ms = first ? row.at_ms : std::min(into_.from_ms, row.at_ms);
      into_.to_ms = first ? row.at_ms : std::max(into_.to_ms, row.at_ms);
      first = false;
    });
    any_ = !first;
  }

  void read_values() {
    if (!any_) return;
    SeriesReader reader(file_);
    // What is wrong with the file was said at the first reading.
    std::vector<std::string> said = into_.warnings;
    whole(reader, [&](const SeriesRow& row) {
      for (const SeriesRow::Value& value : row.values) {
        if (Timeline* line = line_of(reader, value.series)) {
          take(*line, row.at_ms, static_cast<double>(value.value));
        }
      }
    });
    into_.warnings = std::move(said);
    for (const SeriesEvent& event : reader.events()) into_.lives += event.kind == "life" ? 1 : 0;
    if (lost_ > 0) {
      into_.warnings.push_back(fmt::format("{}: {} series more than the {} that are read",
                                           file_.string(), lost_, kMostSeries));
    }
  }

  bool any() const { return any_; }

 private:
  template <typename Sink>
  void whole(SeriesReader& reader, Sink&& sink) {
    try {
      reader.read(sink);
    } catch (const Error& error) {
      into_.warnings.emplace_back(error.what());
    }
  }

  Timeline* line_of(const SeriesReader& reader, std::size_t series) {
    const auto known = lines_.find(series);
    if (known != lines_.end()) return known->second ? &into_.series[*known->second] : nullptr;
    std::optional<std::size_t>& line = lines_[series];
    const SeriesName& name = reader.series()[series];
    if (!is_wanted(name)) return nullptr;
    if (into_.series.size() == kMostSeries) {
      ++lost_;
      return nullptr;
    }
    line = into_.series.size();
    into_.series.push_back({.name = name.name, .unit = name.unit});
    into_.series.back().parts.resize(into_.windows.size());
    return &into_.series.back();
  }

  void take(Timeline& line, std::int64_t at_ms, double value) {
    if (value <= 0 && std::ranges::find(kNeverZero, line.name) != kNeverZero.end()) return;
    const auto from = static_cast<double>(into_.from_ms);
    const auto to = static_cast<double>(into_.to_ms);
    ++line.readings;
    put(line.slots[place(at_ms, from, to, line.slots.size()).value_or(0)], value);
    for (std::size_t i = 0; i < line.parts.size(); ++i) {
      const Window& window = into_.windows[i];
      Part& part = line.parts[i];
      if (at_ms < window.from_ms || at_ms > window.to_ms) continue;
      part.most = part.readings == 0 ? value : std::max(part.most, value);
      ++part.readings;
      const auto slot = place(at_ms, static_cast<double>(window.steady_ms),
                              static_cast<double>(window.steady_end_ms), part.steady.size());
      if (!slot) continue;
      ++part.steady_readings;
      put(part.steady[*slot], value);
    }
  }

  const std::filesystem::path& file_;
  Timelines& into_;
  std::map<std::size_t, std::optional<std::size_t>> lines_;  // of the reader's series
  std::size_t lost_ = 0;
  bool any_ = false;
};

// Between two moments, `share` of the way; hostile ones may be far apart.
std::int64_t between(std::int64_t from, std::int64_t to, double share) {
  const auto start = static_cast<double>(from);
  const double at = start + share * (static_cast<double>(to) - start);
  return std::clamp(static_cast<std::int64_t>(std::clamp(at, -9e18, 9e18)), from, to);
}

void set_windows(Timelines& lines, const std::optional<LoadTimes>& load) {
  Window whole{.from_ms = lines.from_ms, .to_ms = lines.to_ms};
  whole.steady_end_ms = whole.to_ms;
  std::int64_t from = whole.from_ms;
  if (load && load->from_ms < load->to_ms && load->from_ms < lines.to_ms &&
      load->to_ms > lines.from_ms) {
    const std::int64_t start = std::max(from, load->from_ms);
    const std::int64_t end = std::min(whole.to_ms, load->to_ms);
    // A load that is repeated leaves the times of its last round.
    const auto all = static_cast<double>(lines.to_ms) - static_cast<double>(lines.from_ms);
    if (static_cast<double>(end) - static_cast<double>(start) >= 0.4 * all) {
      from = start;
      whole.steady_end_ms = end;
    }
  }
  whole.steady_ms = between(from, whole.steady_end_ms, 0.5);
  lines.windows.push_back(whole);
  if (!load) return;
  std::set<std::string, std::less<>> names;
  for (const Window& stage : load->stages) {
    if (lines.windows.size() > kMostStages) break;
    if (stage.from_ms >= stage.to_ms || !names.insert(stage.stage).second) continue;
    lines.windows.push_back(stage);
    lines.windows.back().steady_ms = between(stage.from_ms, stage.to_ms, 1.0 / 3);
    lines.windows.back().steady_end_ms = stage.to_ms;
  }
}

}  // namespace

const Timeline* Timelines::find(std::string_view name) const {
  const auto found = std::ranges::find(series, name, &Timeline::name);
  return found == series.end() ? nullptr : &*found;
}

double Timelines::slot_ms(std::size_t slot) const {
  const auto from = static_cast<double>(from_ms);
  const double width = (static_cast<double>(to_ms) - from) / kSlots;
  return from + (static_cast<double>(slot) + 0.5) * width;
}

Timelines read_timelines(const std::filesystem::path& file, const std::optional<LoadTimes>& load) {
  Timelines lines;
  Reading reading(file, lines);
  reading.read_span();
  if (!reading.any()) return lines;
  set_windows(lines, load);
  reading.read_values();
  return lines;
}

}  // namespace tidemark::signoff
