#include "tools/signoff/history/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "lib/base/glob.h"
#include "lib/report/amounts.h"

namespace tidemark::signoff {
namespace {

double real(std::size_t number) { return static_cast<double>(number); }

// What one night measured of a line.
struct Night {
  const HistoryEntry* entry = nullptr;
  std::vector<const HistoryMeasure*> runs;
};

bool same_version(const HistoryEntry& a, const HistoryEntry& b) {
  return a.version == b.version && a.commit == b.commit && !(a.version + a.commit).empty();
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / real(values.size());
}

// Of the mean of `runs`: what they differ by, at least what they say themselves.
double error_of(const std::vector<double>& runs, const std::vector<double>& own) {
  double error = -1;
  if (own.size() == runs.size()) {
    error = 0;
    for (const double one : own) error += one * one;
    error = std::sqrt(error) / real(runs.size());
  }
  if (runs.size() < 2) return error;
  const double mean = mean_of(runs);
  double squares = 0;
  for (const double run : runs) squares += (run - mean) * (run - mean);
  return std::max(error, std::sqrt(squares / real(runs.size() - 1) / real(runs.size())));
}

LinePoint point_of(const std::vector<Night>& nights) {
  const HistoryEntry& first = *nights.front().entry;
  LinePoint point{.version = first.version, .commit = first.commit, .started_ms = first.started_ms};
  std::vector<double> own;
  for (const Night& night : nights) {
    for (const HistoryMeasure* run : night.runs) {
      point.runs.push_back(run->value);
      if (run->error >= 0) own.push_back(run->error);
    }
  }
  point.value = mean_of(point.runs);
  point.error = error_of(point.runs, own);
  return point;
}

std::vector<LinePoint> points_of(const std::vector<Night>& nights) {
  std::vector<std::vector<Night>> versions;
  for (const Night& night : nights) {
    if (versions.empty() || !same_version(*versions.back().back().entry, *night.entry)) {
      versions.emplace_back();
    }
    versions.back().push_back(night);
  }
  std::vector<LinePoint> points;
  for (const std::vector<Night>& version : versions) {
    if (versions.size() >= kFewestVersions || version.size() == 1) {
      points.push_back(point_of(version));
      continue;
    }
    for (const Night& night : version) {
      points.push_back(point_of({night}));
      points.back().night = true;
    }
  }
  return points;
}

bool fits(const LineFilter& filter, const LineKey& key) {
  return matches_glob(filter.phase, key.phase) &&
         (matches_glob(filter.metric, key.metric) || matches_glob(filter.metric, metric_text(key)));
}

}  // namespace

LineKey key_of(const HistoryEntry& entry, const HistoryMeasure& measure) {
  return {.campaign = entry.campaign,
          .phase = measure.phase,
          .metric = measure.metric,
          .stage = measure.stage,
          .unit = measure.unit,
          .host = entry.host,
          .flavour = entry.flavour,
          .scale = std::isfinite(entry.scale) ? entry.scale : 0};
}

std::string metric_text(const LineKey& key) {
  return key.stage.empty() ? key.metric : key.metric + "@" + key.stage;
}

std::string LinePoint::name() const {
  // A whole SHA-1 says no more than its start.
  constexpr std::size_t kShort = 10;
  std::string date = utc_text(started_ms).substr(0, 10);
  std::string text = commit.empty() ? version : commit.substr(0, kShort);
  if (text.empty()) return date;
  return night ? fmt::format("{} of {}", text, date) : text;
}

std::vector<VersionValue> Line::values() const {
  std::vector<VersionValue> out;
  out.reserve(points.size());
  for (const LinePoint& point : points) {
    out.push_back({.value = point.value, .error = point.error});
  }
  return out;
}

std::vector<Line> lines_of(const std::vector<HistoryEntry>& entries, const LineFilter& filter) {
  std::map<LineKey, std::vector<Night>> nights;
  for (const HistoryEntry& entry : entries) {
    for (const HistoryMeasure& measure : entry.measures) {
      LineKey key = key_of(entry, measure);
      if (!std::isfinite(measure.value) || !fits(filter, key)) continue;
      std::vector<Night>& line = nights[std::move(key)];
      if (line.empty() || line.back().entry != &entry) line.push_back({.entry = &entry});
      line.back().runs.push_back(&measure);
    }
  }
  std::vector<Line> lines;
  lines.reserve(nights.size());
  for (const auto& [key, all] : nights) lines.push_back({.key = key, .points = points_of(all)});
  return lines;
}

}  // namespace tidemark::signoff
