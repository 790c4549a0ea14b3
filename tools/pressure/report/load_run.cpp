#include "tools/pressure/report/load_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/hlog.h"
#include "lib/run/load_file.h"
#include "lib/run/series_db.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStretches = 240;
constexpr std::int64_t kMarginMs = 2000;  // what a last second may be late

void read_log(const fs::path& path, LoadRun& run) {
  const std::int64_t start = run.result.start_ms;
  const std::int64_t length = std::max<std::int64_t>(run.result.end_ms - start, 1000);
  const std::int64_t step = std::max<std::int64_t>((length + kStretches - 1) / kStretches, 1000);
  run.stretches.resize(static_cast<std::size_t>((length + step - 1) / step));
  for (std::size_t i = 0; i < run.stretches.size(); ++i)
    run.stretches[i].at_ms = static_cast<std::int64_t>(i) * step + step / 2;
  const File file = read_file(path);
  const std::string said = load::read_intervals(file.input(), [&](const load::Interval& interval) {
    const std::int64_t middle = interval.start_ms + interval.length_ms / 2 - start;
    if (!interval.tag.empty() || middle < 0 || middle >= length + kMarginMs) return;
    const auto place = static_cast<std::size_t>(middle / step);
    LoadRun::Stretch& stretch = run.stretches[std::min(place, run.stretches.size() - 1)];
    stretch.response.add(interval.histogram);
    stretch.ms += interval.length_ms;
  });
  if (!said.empty()) run.notes.push_back(said);
}

void read_all_series(const fs::path& path, LoadRun& run) {
  const std::int64_t start = run.result.start_ms;
  const std::int64_t end = run.result.end_ms + kMarginMs;
  for (Series& series : read_series(path)) {
    if (series.pid != 0) continue;
    std::erase_if(series.points,
                  [&](const Point& point) { return point.at < start || point.at > end; });
    for (Point& point : series.points) point.at -= start;
    series.at_unit = "ms";
    if (!series.points.empty()) run.series.push_back(std::move(series));
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
