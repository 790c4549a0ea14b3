#include "lib/analyze/growth_report.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace tidemark {
namespace {

constexpr std::int64_t kLeastSnapshots = 9;  // of one life: both halves have 5

constexpr std::size_t kMostSteady = 10;

bool is_kept(const SiteGrowth& growth) {
  if (growth.trend == SiteTrend::kTooFew) return growth.last_bytes > growth.first_bytes;
  return growth.trend != SiteTrend::kSteady;
}

// Of what lives long: where requests come and go is no question.
bool is_told(const SiteGrowth& growth) {
  return growth.trend == SiteTrend::kSteady && growth.last_bytes > 0 &&
         (growth.fate == Fate::kCache || growth.fate == Fate::kStays);
}

// The largest, in their order.
void keep_largest(std::vector<SiteGrowth>& sites, std::size_t most) {
  std::ranges::stable_sort(sites, std::greater<>(), &SiteGrowth::last_bytes);
  if (sites.size() > most) sites.resize(most);
}

// The requests answered by `at_ms`, between the counts around it; nothing outside of them.
std::optional<double> requests_at(const std::vector<RequestCount>& counts, double at_ms) {
  const auto after = std::ranges::lower_bound(
      counts, at_ms, {}, [](const RequestCount& c) { return static_cast<double>(c.at_ms); });
  if (after == counts.end()) return std::nullopt;
  if (after == counts.begin()) {
    if (static_cast<double>(after->at_ms) > at_ms) return std::nullopt;
    return after->requests;
  }
  const RequestCount& before = *std::prev(after);
  const auto span = static_cast<double>(after->at_ms - before.at_ms);
  const double part = span > 0 ? (at_ms - static_cast<double>(before.at_ms)) / span : 1;
  return before.requests + part * (after->requests - before.requests);
}

// Counts that begin anew with the service, as one that only rises.
std::vector<RequestCount> rising(std::vector<RequestCount> counts) {
  double offset = 0;
  double last = 0;
  for (RequestCount& count : counts) {
    if (count.requests < last) offset += last;
    last = count.requests;
    count.requests += offset;
  }
  return counts;
}

// The points of a site since it grows, by millions of requests instead of hours.
std::vector<SitePoint> by_requests(const SiteGrowth& growth, double start_ms,
                                   const std::vector<RequestCount>& counts) {
  constexpr double kMillion = 1e6;
  std::vector<SitePoint> points;
  for (SitePoint point : growth.site.points) {
    if (point.hours < growth.since_hours) continue;
    const auto requests = requests_at(counts, start_ms + point.hours * 3600e3);
    if (!requests) continue;
    point.hours = *requests / kMillion;
    points.push_back(point);
  }
  return points;
}

}  // namespace

GrowthReport growth_report(const SiteHistory& history, const GrowthOptions& options) {
  GrowthReport report{.source = {}, .taken = history.taken(), .false_rate = options.false_rate};
  std::vector<SiteGrowth> steady;  // of whose blocks something is known
  for (SiteGrowth& growth : growing_sites(history.series(), options)) {
    ++report.sites_seen;
    const std::vector<SitePoint>& points = growth.site.points;
    for (const SitePoint& point : points) report.sampled = report.sampled || point.variance > 0;
    report.first_bytes += growth.first_bytes;
    report.last_bytes += growth.last_bytes;
    if (is_kept(growth)) {
      report.sites.push_back(std::move(growth));
    } else if (is_told(growth)) {
      steady.push_back(std::move(growth));
    }
  }
  keep_largest(steady, kMostSteady);
  std::ranges::move(steady, std::back_inserter(report.sites));
  std::ranges::stable_sort(report.sites, [](const SiteGrowth& a, const SiteGrowth& b) {
    if (a.trend != SiteTrend::kTooFew || b.trend != SiteTrend::kTooFew) return a.trend < b.trend;
    return a.last_bytes - a.first_bytes > b.last_bytes - b.first_bytes;
  });
  return report;
}

void add_per_request(GrowthReport& report, const std::vector<RequestCount>& counts) {
  if (report.taken.empty()) return;
  const std::vector<RequestCount> all = rising(counts);
  for (SiteGrowth& growth : report.sites) {
    const std::vector<SitePoint> points =
        by_requests(growth, static_cast<double>(report.taken.front().at_ms), all);
    if (2 * points.size() < growth.site.points.size() && growth.since_start) continue;
    if (points.empty() || points.back().hours <= points.front().hours) continue;
    const std::optional<SlopeFit> fit = fit_slope(points, points.front().hours);
    if (!fit) continue;
    growth.bytes_per_million_requests =
        RateEstimate{.value = fit->per_hour, .low = fit->low, .high = fit->high};
  }
}

std::int64_t count_of(const GrowthReport& report, SiteTrend trend) {
  return std::ranges::count(report.sites, trend, &SiteGrowth::trend);
}

std::int64_t snapshots_missing(const GrowthReport& report) {
  std::map<std::int64_t, std::int64_t> of_life;
  std::int64_t most = 0;
  for (const Taken& taken : report.taken) most = std::max(most, ++of_life[taken.life]);
  return std::max<std::int64_t>(0, kLeastSnapshots - most);
}

}  // namespace tidemark
