#include "lib/analyze/growth_report.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tidemark {
namespace {

constexpr std::int64_t kLeastSnapshots = 9;  // of one life: both halves have 5

bool is_kept(const SiteGrowth& growth) {
  if (growth.trend == SiteTrend::kTooFew) return growth.last_bytes > growth.first_bytes;
  return growth.trend != SiteTrend::kSteady;
}

}  // namespace

GrowthReport growth_report(const SiteHistory& history, const GrowthOptions& options) {
  GrowthReport report{.source = {}, .taken = history.taken(), .false_rate = options.false_rate};
  for (SiteGrowth& growth : growing_sites(history.series(), options)) {
    ++report.sites_seen;
    const std::vector<SitePoint>& points = growth.site.points;
    for (const SitePoint& point : points) report.sampled = report.sampled || point.variance > 0;
    report.first_bytes += growth.first_bytes;
    report.last_bytes += growth.last_bytes;
    if (is_kept(growth)) report.sites.push_back(std::move(growth));
  }
  std::ranges::stable_sort(report.sites, [](const SiteGrowth& a, const SiteGrowth& b) {
    if (a.trend != SiteTrend::kTooFew || b.trend != SiteTrend::kTooFew) return a.trend < b.trend;
    return a.last_bytes - a.first_bytes > b.last_bytes - b.first_bytes;
  });
  return report;
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
