#include "tools/pressure/report/load_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/histogram.h"
#include "lib/load/hlog.h"
#include "lib/report/amounts.h"
#include "lib/run/load_file.h"
#include "lib/run/series_db.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStretches = 240;
constexpr std::int64_t kParts = 2400;     // of the run, of each of which a series keeps a mean
constexpr std::int64_t kMarginMs = 2000;  // what a last second may be late

// Takes the intervals of all requests in the order of their times, so that the histogram of
// one stretch is there at a time.
class Stretches {
 public:
  Stretches(std::int64_t length_ms, std::vector<LoadRun::Stretch>& stretches)
      : length_ms_(length_ms),
        step_ms_(std::max<std::int64_t>((length_ms + kStretches - 1) / kStretches, 1000)),
        all_(stretches) {
    all_.resize(static_cast<std::size_t>((length_ms + step_ms_ - 1) / step_ms_));
    for (std::size_t i = 0; i < all_.size(); ++i)
      all_[i].at_ms = static_cast<std::int64_t>(i) * step_ms_ + step_ms_ / 2;
  }

  // `middle_ms`: from the start of the run on.
  void take(std::int64_t middle_ms, const load::Interval& interval) {
    if (middle_ms < 0 || middle_ms >= length_ms_ + kMarginMs) return;
    const std::size_t place =
        std::min(static_cast<std::size_t>(middle_ms / step_ms_), all_.size() - 1);
    if (place < open_) {
      ++astray_;
      return;
    }
    if (place > open_) close();
    open_ = place;
    times_.add(interval.histogram);
    all_[place].ms += interval.length_ms;
  }

  void close() {
    LoadRun::Stretch& stretch = all_[open_];
    stretch.answers = times_.count();
    std::ranges::transform(LoadRun::kBands, stretch.bands.begin(),
                           [this](double percent) { return times_.at_percentile(percent); });
    times_.clear();
  }

  // Intervals of a stretch that was over already.
  std::int64_t astray() const { return astray_; }

 private:
  std::int64_t length_ms_;
  std::int64_t step_ms_;
  std::vector<LoadRun::Stretch>& all_;
  std::size_t open_ = 0;
  load::Histogram times_;
  std::int64_t astray_ = 0;
};

void read_log(const fs::path& path, LoadRun& run) {
  const std::int64_t start = run.result.start_ms;
  Stretches stretches(std::max<std::int64_t>(run.result.end_ms - start, 1000), run.stretches);
  const File file = read_file(path);
  const std::string said = load::read_intervals(file.input(), [&](const load::Interval& interval) {
    if (!interval.tag.empty()) return;
    stretches.take(interval.start_ms + interval.length_ms / 2 - start, interval);
  });
  stretches.close();
  if (!said.empty()) run.notes.push_back(said);
  if (stretches.astray() > 0) {
    run.notes.push_back(fmt::format("{}: {} not in the order of time, and not in the chart",
                                    path.string(), plural(stretches.astray(), "interval")));
  }
}

// What a series was in a part of the run.
struct Part {
  std::int64_t number = 0;
  std::int64_t at_ms = 0;  // of its first point
  double sum = 0;
  std::int64_t points = 0;
};

Part& part_of(std::vector<Part>& parts, std::int64_t number, std::int64_t at_ms) {
  auto place = parts.end();
  if (!parts.empty() && parts.back().number >= number)
    place = std::ranges::lower_bound(parts, number, {}, &Part::number);
  if (place != parts.end() && place->number == number) return *place;
  return *parts.insert(place, {.number = number, .at_ms = at_ms});
}

void read_all_series(const fs::path& path, LoadRun& run) {
  const std::int64_t start = run.result.start_ms;
  const std::int64_t end = run.result.end_ms + kMarginMs;
  const std::int64_t step = std::max<std::int64_t>((end - start) / kParts, 1);
  std::vector<std::vector<Part>> all;
  SeriesReader reader(path);
  reader.read([&](const SeriesRow& row) {
    if (row.at_ms < start || row.at_ms > end) return;
    for (const SeriesRow::Value& value : row.values) {
      if (all.size() <= value.series) all.resize(value.series + 1);
      const std::int64_t at_ms = row.at_ms - start;
      Part& part = part_of(all[value.series], at_ms / step, at_ms);
      part.sum += static_cast<double>(value.value);
      ++part.points;
    }
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const SeriesName& about = reader.series().at(i);
    if (about.pid != 0 || all[i].empty()) continue;
    Series& series =
        run.series.emplace_back(Series{.name = about.name, .unit = about.unit, .at_unit = "ms"});
    for (const Part& part : all[i]) {
      const double mean = part.sum / static_cast<double>(part.points);
      series.points.push_back({.at = part.at_ms, .value = std::llround(mean)});
    }
  }
}

}  // namespace

const Series* LoadRun::find(std::string_view name) const {
  const auto found = std::ranges::find(series, name, &Series::name);
  return found == series.end() ? nullptr : &*found;
}

LoadRun read_load_run(const fs::path& directory) {
  LoadRun run{.result = read_load(directory)};
  const fs::path beside = fs::is_directory(directory) ? directory : directory.parent_path();
  for (const auto& [name, read] : {std::pair{kLoadLog, &read_log},
                                   std::pair{std::string_view("series.db"), &read_all_series}}) {
    try {
      if (fs::exists(beside / name))
        read(beside / name, run);
      else
        run.notes.push_back("there is no " + std::string(name) + " beside load.json");
    } catch (const Error& error) {
      run.notes.emplace_back(error.what());
    }
  }
  return run;
}

}  // namespace tidemark::pressure
