#include "lib/analyze/site_growth.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "lib/analyze/discovery_rate.h"
#include "lib/analyze/level_fit.h"

namespace tidemark {
namespace {

constexpr double kLeastLateShare = 0.5;
constexpr double kWorthALook = 0.05;  // p-values above it need no onset

// The points of each life up to its middle, and from there on.
struct Halves {
  std::vector<SitePoint> early;
  std::vector<SitePoint> late;
};

Halves halves_of(std::span<const SitePoint> points) {
  Halves halves;
  for (std::size_t i = 0; i < points.size();) {
    std::size_t end = i;
    while (end < points.size() && points[end].life == points[i].life) ++end;
    const double middle = (points[i].hours + points[end - 1].hours) / 2;
    for (; i < end; ++i) {
      if (points[i].hours <= middle) halves.early.push_back(points[i]);
      if (points[i].hours >= middle) halves.late.push_back(points[i]);
    }
  }
  return halves;
}

// Of the bytes allocated in the longest stretch whose counts only rise, the share that
// is still in use.
double kept_of(std::span<const SitePoint> points) {
  double allocated = 0;
  double stayed = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const SitePoint& before = points[i - 1];
    const SitePoint& now = points[i];
    if (before.life != now.life || before.allocated < 0 || now.allocated < before.allocated) {
      continue;
    }
    allocated += now.allocated - before.allocated;
    stayed += now.bytes - before.bytes;
  }
  return allocated > 0 ? std::clamp(stayed / allocated, 0.0, 1.0) : -1;
}

// What is found out about one site before it is seen among the others.
struct Look {
  double p_whole = 1;
  double p_late = 1;
  bool slows = false;
};

std::vector<double> all_of(const std::vector<Look>& looks, double Look::*number) {
  std::vector<double> all;
  all.reserve(looks.size());
  for (const Look& look : looks) all.push_back(look.*number);
  return all;
}

Look look_at(SiteGrowth& growth) {
  const std::vector<SitePoint>& points = growth.site.points;
  Look look;
  if (points.empty()) return look;
  growth.first_bytes = points.front().bytes;
  growth.last_bytes = points.back().bytes;
  growth.kept = kept_of(points);
  growth.since_hours = points.front().hours;
  const Halves halves = halves_of(points);
  const std::optional<SlopeFit> late = fit_slope(halves.late, points.front().hours);
  std::optional<SlopeFit> whole = fit_slope(points, points.front().hours);
  if (!late || !whole) return look;
  growth.trend = SiteTrend::kSteady;
  look.p_late = late->p_flat;
  look.p_whole = whole->p_flat;
  if (look.p_whole < kWorthALook) {
    const std::optional<SlopeFit> early = fit_slope(halves.early, points.front().hours);
    look.slows = early && late->per_hour < kLeastLateShare * early->per_hour;
    if (const std::optional<double> onset = onset_hours(points)) {
      growth.since_hours = *onset;
      growth.since_start = false;
      if (const auto since = fit_slope(points, *onset)) whole = since;
    }
  }
  growth.bytes_per_hour = whole->per_hour;
  growth.low = whole->low;
  growth.high = whole->high;
  return look;
}

SiteTrend trend_of(const SiteGrowth& growth, const Look& look, bool has_grown, bool still_grows) {
  if (growth.trend == SiteTrend::kTooFew) return growth.trend;
  if (has_grown) return still_grows && !look.slows ? SiteTrend::kGrows : SiteTrend::kFills;
  return look.p_whole < kWorthALook && growth.low > 0 ? SiteTrend::kUnclear : SiteTrend::kSteady;
}

// Adjusts the p-values of the chosen sites for there being as many as that; 1 for others.
std::vector<double> adjusted_among(const std::vector<double>& p_values,
                                   const std::vector<bool>& chosen) {
  std::vector<double> some;
  some.reserve(p_values.size());
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (chosen[i]) some.push_back(p_values[i]);
  }
  some = adjusted_for_many(some);
  std::vector<double> all(p_values.size(), 1);
  for (std::size_t i = 0, next = 0; i < all.size(); ++i) {
    if (chosen[i]) all[i] = some[next++];
  }
  return all;
}

// What the lifetimes of its blocks say; they may take back what the trend says.
void judge_lifetimes(SiteGrowth& growth) {
  std::vector<Lifetime>& lifetimes = growth.site.lifetimes;
  if (growth.site.watched_s <= 0) return;
  growth.survival = survival_of(lifetimes, growth.site.watched_s);
  growth.fate = fate_of(growth.survival, growth.trend == SiteTrend::kGrows);
  const bool replaced = growth.fate == Fate::kCache || growth.fate == Fate::kTemporary;
  if (replaced && growth.trend == SiteTrend::kGrows) growth.trend = SiteTrend::kFills;
  lifetimes = {};  // there may be very many
}

void share_growth(std::vector<SiteGrowth>& sites) {
  const auto present = [](const SiteGrowth& growth) {
    const bool grows = growth.trend == SiteTrend::kGrows || growth.trend == SiteTrend::kUnclear;
    return grows ? std::max(growth.bytes_per_hour, 0.0) : 0;
  };
  double total = 0;
  for (const SiteGrowth& growth : sites) total += present(growth);
  if (total <= 0) return;
  for (SiteGrowth& growth : sites) growth.share = present(growth) / total;
}

}  // namespace

std::string_view name_of(SiteTrend trend) {
  switch (trend) {
    case SiteTrend::kGrows:
      return "grows";
    case SiteTrend::kFills:
      return "fills";
    case SiteTrend::kUnclear:
      return "unclear";
    case SiteTrend::kSteady:
      return "steady";
    case SiteTrend::kTooFew:
      break;
  }
  return "too-few";
}

std::vector<SiteGrowth> growing_sites(std::vector<SiteSeries> sites, const GrowthOptions& options) {
  std::vector<SiteGrowth> all;
  std::vector<Look> looks;
  for (SiteSeries& site : sites) {
    SiteGrowth growth;
    growth.site = std::move(site);
    looks.push_back(look_at(growth));
    all.push_back(std::move(growth));
  }
  const std::vector<double> whole = adjusted_for_many(all_of(looks, &Look::p_whole));
  std::vector<bool> grown(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) grown[i] = whole[i] <= options.false_rate;
  const std::vector<double> late = adjusted_among(all_of(looks, &Look::p_late), grown);
  for (std::size_t i = 0; i < all.size(); ++i) {
    SiteGrowth& growth = all[i];
    growth.false_rate = grown[i] ? std::max(whole[i], late[i]) : whole[i];
    growth.trend = trend_of(growth, looks[i], grown[i], late[i] <= options.false_rate);
    judge_lifetimes(growth);
  }
  share_growth(all);
  std::ranges::stable_sort(all, [](const SiteGrowth& a, const SiteGrowth& b) {
    return std::tuple(a.trend, -a.bytes_per_hour) < std::tuple(b.trend, -b.bytes_per_hour);
  });
  return all;
}

}  // namespace tidemark
