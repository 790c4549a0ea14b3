#include "tools/signoff/compare/compare_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

#include "lib/report/amounts.h"
#include "lib/report/words.h"

namespace tidemark::signoff {
namespace {

std::string percent(double share) { return fmt::format("{:+.2f} %", share * 100); }

std::string signed_text(double value, budget::Unit unit) {
  return (value < 0 ? "-" : "+") + budget::text_of(std::abs(value), unit);
}

std::string runs_text(const FindingChange& change, const PairChange& pair) {
  return fmt::format("{} of {}, {} of {}", change.before_runs, pair.before_directories.size(),
                     change.after_runs, pair.after_directories.size());
}

std::string status_text(SiteStatus status, bool before_only) {
  if (status != SiteStatus::kUnjudged) return std::string(code_of(status));
  return before_only ? "before only" : "after only";
}

void add_finding(CompareTable& table, const FindingChange& change, const PairChange& pair,
                 bool before_only) {
  table.rows.push_back(
      {status_text(change.site.status, before_only), change.site.title, runs_text(change, pair)});
}

std::string callers_text(const SiteChange& site) {
  constexpr std::size_t kMost = 4;
  std::string text;
  for (std::size_t i = 1; i < site.functions.size() && i <= kMost; ++i)
    text += (text.empty() ? "" : " < ") + site.functions[i];
  return text;
}

std::vector<std::string> site_row(const SiteChange& site, budget::Unit unit) {
  return {std::string(name_of(site.change)),
          site.functions.empty() ? "" : site.functions.front(),
          callers_text(site),
          level_text(site.contrast.before, unit),
          level_text(site.contrast.after, unit),
          signed_text(site.contrast.difference, unit),
          site.change == Change::kNotJudged ? "" : p_text(site.contrast, site.adjusted)};
}

}  // namespace

std::string level_text(const Level& level, budget::Unit unit) {
  const double reach = (level.high - level.low) / 2;
  const std::string mean = budget::text_of(level.mean, unit);
  return reach > 0 ? mean + " ± " + budget::text_of(reach, unit) : mean;
}

std::string change_text(const Contrast& contrast, budget::Unit unit) {
  if (contrast.difference == 0 && contrast.low == 0 && contrast.high == 0) return "0";
  if (!contrast.relative) return signed_text(contrast.difference, unit);
  std::string change = percent(*contrast.relative);
  if (*contrast.relative_low == *contrast.relative_high) return change;
  return fmt::format("{} ({:+.2f} to {:+.2f})", change, *contrast.relative_low * 100,
                     *contrast.relative_high * 100);
}

std::string p_text(const Contrast& contrast, double adjusted) {
  if (contrast.basis == Basis::kExact) return "exact";
  if (contrast.basis == Basis::kNone) return "";
  if (adjusted < 0.0001) return "< 0.0001";
  return fmt::format("{:.2g}", adjusted);
}

CompareTable metrics_table(const PairChange& pair) {
  CompareTable table{
      .titles = {"Verdict", "Metric", "#Before", "#After", "#Change (95 %)", "Effect", "#p"}};
  for (const MetricChange& metric : pair.metrics) {
    std::string effect;
    if (metric.contrast.effect)
      effect = fmt::format("{} ({:.1f})", effect_words(*metric.contrast.effect),
                           *metric.contrast.effect);
    const bool judged = metric.change != Change::kNotJudged;
    table.rows.push_back({std::string(name_of(metric.change)), metric.name(),
                          level_text(metric.contrast.before, metric.unit),
                          level_text(metric.contrast.after, metric.unit),
                          change_text(metric.contrast, metric.unit), judged ? effect : "",
                          judged ? p_text(metric.contrast, metric.adjusted) : ""});
  }
  return table;
}

CompareTable findings_table(const PairChange& pair) {
  CompareTable table{.titles = {"Status", "Finding", "Runs before, after"}};
  const auto known = [](const FindingChange& c) { return c.site.status == SiteStatus::kKnown; };
  for (const FindingChange& change : pair.findings)
    if (!known(change)) add_finding(table, change, pair, false);
  for (const FindingChange& change : pair.fixed) add_finding(table, change, pair, true);
  for (const FindingChange& change : pair.findings)
    if (known(change)) add_finding(table, change, pair, false);
  return table;
}

CompareTable sites_table(const PairChange& pair, std::size_t most) {
  CompareTable table{
      .titles = {"Verdict", "Function", "Called by", "#Before", "#After", "#Difference", "#p"}};
  for (const SiteChange& site : pair.sites) {
    if (table.rows.size() == most) break;
    table.rows.push_back(site_row(site, budget::Unit::kBytes));
  }
  return table;
}

CompareTable growing_table(const PairChange& pair) {
  CompareTable table{
      .titles = {"Verdict", "Function", "Called by", "#Before", "#After", "#Difference", "#p"}};
  for (SiteChange site : pair.growing) {
    for (double* value :
         {&site.contrast.before.mean, &site.contrast.before.low, &site.contrast.before.high,
          &site.contrast.after.mean, &site.contrast.after.low, &site.contrast.after.high,
          &site.contrast.difference})
      *value *= 24;
    table.rows.push_back(site_row(site, budget::Unit::kBytesPerDay));
  }
  return table;
}

CompareTable surroundings_table(const PairChange& pair) {
  CompareTable table{.titles = {"What", "Before", "After"}};
  for (const Surrounding& one : pair.surroundings)
    table.rows.push_back({one.name, one.before, one.after});
  return table;
}

std::vector<std::string> metric_notes(const PairChange& pair) {
  std::map<std::string, std::int64_t> reasons;
  std::map<std::string, std::int64_t> bases;
  for (const MetricChange& metric : pair.metrics)
    ++(metric.change == Change::kNotJudged ? reasons : bases)[metric.why];
  std::vector<std::string> notes;
  notes.reserve(bases.size() + reasons.size());
  for (const auto& [basis, count] : bases)
    notes.push_back(fmt::format("{}: {}", plural(count, "metric"), basis));
  for (const auto& [reason, count] : reasons)
    notes.push_back(fmt::format("{} not judged: {}", plural(count, "metric"), reason));
  return notes;
}

std::string sites_note(const PairChange& pair) {
  const bool judged = pair.sites.empty() || pair.sites.front().change != Change::kNotJudged;
  return fmt::format("{} compared, {} {}",
                     plural(static_cast<std::int64_t>(pair.sites_compared), "allocation site"),
                     pair.sites.size(),
                     judged ? "differ beyond what chance explains"
                            : "differ by 1 % of the memory or more, and are not judged");
}

std::string directories_text(const std::vector<std::string>& directories) {
  std::string text;
  for (const std::string& directory : directories) text += (text.empty() ? "" : ", ") + directory;
  return text;
}

}  // namespace tidemark::signoff
