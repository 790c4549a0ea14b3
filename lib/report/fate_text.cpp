#include "lib/report/fate_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "lib/analyze/names.h"
#include "lib/report/amounts.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostNamed = 3;
constexpr double kWorthNaming = 0.1;  // of the growth
constexpr double kCertain = 0.1;      // a share whose lower bound is not farther below

std::int64_t whole(double number) { return std::llround(std::clamp(number, -9e18, 9e18)); }

std::string age_text(double seconds) { return duration_text(whole(seconds * 1000)); }

double percent(double share) { return std::round(100 * share); }

// The oldest age of which much is known: half of the time watched at least.
const SurvivalStep& telling_step(const Survival& survival) {
  const SurvivalStep* best = &survival.at(survival.watched_s / 2);
  for (const SurvivalStep& step : survival.steps) {
    if (step.age_s > best->age_s && step.share - step.low <= kCertain) best = &step;
  }
  return *best;
}

// The age by which that share is gone; nothing when so many are not.
std::optional<double> age_of_death(const Survival& survival, double share) {
  const auto at = std::ranges::find_if(
      survival.steps, [&](const SurvivalStep& step) { return step.share <= 1 - share; });
  if (at == survival.steps.end()) return std::nullopt;
  return at->age_s;
}

std::string plateau_text(const Survival& survival) {
  const SurvivalStep& step = telling_step(survival);
  const std::string age = age_text(step.age_s);
  if (survival.deaths == 0) {
    return fmt::format("none of the {} blocks sampled there was ever freed: all live after {}",
                       grouped(whole(survival.blocks)), age);
  }
  if (step.share >= 0.9) {
    return fmt::format("blocks there do not die: {:.0f} % ({:.0f} to {:.0f}) live after {}",
                       percent(step.share), percent(step.low), percent(step.high), age);
  }
  return fmt::format(
      "{:.0f} % of the blocks there do not die: so many ({:.0f} to {:.0f} %) live "
      "after {}",
      percent(step.share), percent(step.low), percent(step.high), age);
}

std::string deaths_text(const Survival& survival) {
  const auto half = age_of_death(survival, 0.5);
  const auto most = age_of_death(survival, 0.95);
  if (half && most && *half < *most) {
    return fmt::format("half are gone after {}, 95 % after {}", age_text(*half), age_text(*most));
  }
  if (most) return fmt::format("95 % are gone after {}", age_text(*most));
  if (half) return fmt::format("half are gone after {}", age_text(*half));
  return "those that get old do not go on to live for long";
}

// "session_store.cpp:42 (make_session)", "redis-server+0x41a0".
std::string where_text(const SiteGrowth& growth) {
  if (growth.site.stack.empty()) return "sites without a stack";
  const Frame& place = growth.site.place;
  if (place.file.empty() || place.line <= 0) return name_of(place);
  return fmt::format("{} ({})", short_place(place), name_of(place));
}

std::string one_site_text(const SiteGrowth& growth) {
  const double side =
      std::max(growth.high - growth.bytes_per_hour, growth.bytes_per_hour - growth.low);
  std::string text =
      fmt::format("{:.0f} % of the growth at {}, {} an hour", percent(growth.share),
                  where_text(growth), estimate_text(whole(growth.bytes_per_hour), side));
  if (const auto& rate = growth.bytes_per_million_requests) {
    text += fmt::format(" ({} a million requests)",
                        estimate_text(whole(rate->value), (rate->high - rate->low) / 2));
  }
  const std::string fate = fate_text(growth);
  return fate.empty() ? text : text + "; " + fate;
}

}  // namespace

std::string_view words_of(Fate fate) {
  switch (fate) {
    case Fate::kLeak:
      return "never freed";
    case Fate::kCache:
      return "replaced";
    case Fate::kStays:
      return "made once";
    case Fate::kTemporary:
      return "die young";
    case Fate::kUnknown:
      break;
  }
  return "too few to tell";
}

std::string fate_text(const SiteGrowth& growth) {
  const Survival& survival = growth.survival;
  if (survival.steps.empty()) return "";
  switch (growth.fate) {
    case Fate::kLeak:
      return plateau_text(survival);
    case Fate::kStays:
      return "made once: " + plateau_text(survival);
    case Fate::kCache:
      return "blocks there are replaced: " + deaths_text(survival);
    case Fate::kTemporary:
      return "blocks there die young: " + deaths_text(survival);
    case Fate::kUnknown:
      break;
  }
  return fmt::format("not enough data on how long its blocks live ({} sampled, {} freed)",
                     grouped(whole(survival.blocks)), grouped(whole(survival.deaths)));
}

std::string why_text(const GrowthReport& report) {
  std::string text;
  std::size_t named = 0;
  if (snapshots_missing(report) > 0) return text;
  for (const SiteGrowth& growth : report.sites) {
    if (growth.trend != SiteTrend::kGrows || named == kMostNamed) break;
    if (named > 0 && growth.share < kWorthNaming) break;
    text += (text.empty() ? "" : "; ") + one_site_text(growth);
    ++named;
  }
  return text;
}

}  // namespace tidemark
