#include "tools/leakwatch/serve/history.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/soak/columns.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kNotLooked = SIZE_MAX;
constexpr std::size_t kNotCharted = SIZE_MAX - 1;
// A file may name any number of metrics.
constexpr std::size_t kMostSeries = 32;

using soak::Column;
constexpr std::array kCharted = {
    Column::kRss,    Column::kAnon, Column::kSwap,          Column::kFile,
    Column::kShared, Column::kPss,  Column::kUss,           Column::kHeap,
    Column::kStacks, Column::kMaps, Column::kThreads,       Column::kProcesses,
    Column::kFds,    Column::kCpu,  Column::kCgroupCurrent, Column::kRequests};

}  // namespace

bool is_charted(std::string_view name) {
  return name.starts_with(soak::kMetricPrefix) || std::ranges::any_of(kCharted, [&](Column column) {
           return soak::name_of(column).name == name;
         });
}

std::vector<History::Value> History::take(const std::vector<SeriesName>& names,
                                          const SeriesRow& row) {
  std::vector<Value> out;
  places_.resize(names.size(), kNotLooked);
  for (const SeriesRow::Value& value : row.values) {
    std::size_t& place = places_[value.series];
    if (place == kNotLooked) {
      const SeriesName& name = names[value.series];
      place = kNotCharted;
      if (name.pid == 0 && is_charted(name.name) && series_.size() < kMostSeries) {
        place = series_.size();
        series_.push_back({.name = name.name, .unit = name.unit});
      }
    }
    if (place == kNotCharted) continue;
    series_[place].envelope.add(row.at_ms, value.value);
    out.push_back({.series = place, .value = value.value});
  }
  if (out.empty()) return out;
  if (first_ms_ == 0) first_ms_ = row.at_ms;
  last_ms_ = std::max(last_ms_, row.at_ms);
  return out;
}

}  // namespace tidemark::leakwatch
