#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/report/amounts.h"
#include "tools/signoff/compare/comparison.h"
#include "tools/signoff/compare/findings.h"
#include "tools/signoff/compare/site_changes.h"

namespace tidemark::signoff {
namespace {

std::int64_t new_troubles(const PairChange& pair) {
  return std::ranges::count_if(pair.findings, [](const FindingChange& change) {
    return change.site.status == SiteStatus::kNew && is_trouble(change.site.kind);
  });
}

std::int64_t fixed_troubles(const PairChange& pair) {
  return std::ranges::count_if(pair.fixed, [](const FindingChange& change) {
    return change.site.status == SiteStatus::kFixed && is_trouble(change.site.kind);
  });
}

bool died_more(const PairChange& pair) {
  return pair.before_deaths.empty() && !pair.after_deaths.empty();
}

template <typename Count>
std::int64_t sum_over(const Comparison& comparison, Count count) {
  std::int64_t sum = 0;
  for (const PairChange& pair : comparison.pairs) sum += count(pair);
  return sum;
}

std::int64_t sites_worse(const PairChange& pair) {
  return std::ranges::count_if(pair.sites, [&](const SiteChange& s) { return matters(pair, s); }) +
         std::ranges::count(pair.growing, Change::kWorse, &SiteChange::change);
}

// The metric that changed most, as a part of a sentence: "rss.peak rises by 3.1 %".
std::string metric_words(const Comparison& comparison, Change wanted) {
  const MetricChange* most = nullptr;
  const PairChange* of = nullptr;
  const auto size = [](const MetricChange& m) {
    return std::abs(m.contrast.relative.value_or(1e9));
  };
  for (const PairChange& pair : comparison.pairs)
    for (const MetricChange& change : pair.metrics)
      if (change.change == wanted && (most == nullptr || size(change) > size(*most))) {
        most = &change;
        of = &pair;
      }
  if (most == nullptr) return "";
  const std::string where = comparison.pairs.size() > 1 ? " in " + of->id() : "";
  const std::size_t others = count_of(comparison, wanted) - 1;
  const std::string more =
      others == 0 ? "" : ", with " + plural(static_cast<std::int64_t>(others), "other metric");
  if (!most->contrast.relative)
    return fmt::format("{}{} goes from {} to {}{}", most->name(), where,
                       budget::text_of(most->contrast.before.mean, most->unit),
                       budget::text_of(most->contrast.after.mean, most->unit), more);
  return fmt::format("{}{} {} by {:.1f} %{}", most->name(), where,
                     most->contrast.difference > 0 ? "rises" : "falls",
                     std::abs(*most->contrast.relative) * 100, more);
}

std::string worse_words(const Comparison& comparison) {
  std::vector<std::string> parts;
  if (std::string metric = metric_words(comparison, Change::kWorse); !metric.empty())
    parts.push_back(std::move(metric));
  if (const auto n = sum_over(comparison, new_troubles); n > 0)
    parts.push_back(fmt::format("{} new", plural(n, "finding")));
  if (const auto n = sum_over(comparison, sites_worse); n > 0)
    parts.push_back(fmt::format("{} grew", plural(n, "allocation site")));
  if (const auto n = sum_over(comparison, [](const PairChange& p) { return died_more(p) ? 1 : 0; });
      n > 0)
    parts.emplace_back("the target died");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string unsure_words(const Comparison& comparison) {
  const std::size_t unsure = count_of(comparison, Change::kUnsure);
  const std::size_t told =
      count_of(comparison, Change::kSame) + count_of(comparison, Change::kBetter);
  if (unsure == 0 && told == 0) return "there is no number that both sides have";
  return fmt::format("{} of {} cannot be told apart from chance with so few runs", unsure,
                     plural(static_cast<std::int64_t>(unsure + told), "metric"));
}

bool spoilt(const PairChange& pair) {
  return std::ranges::any_of(pair.concerns, [](const Concern& concern) {
    return concern.spoils == Spoils::kAll || concern.spoils == Spoils::kFindings;
  });
}

bool any_worse(const Comparison& comparison) {
  return count_of(comparison, Change::kWorse) > 0 || sum_over(comparison, new_troubles) > 0 ||
         sum_over(comparison, sites_worse) > 0 || std::ranges::any_of(comparison.pairs, died_more);
}

bool findings_judged(const Comparison& comparison) {
  return std::ranges::any_of(comparison.pairs, [](const PairChange& pair) {
    const auto judged = [](const FindingChange& change) {
      return change.site.status != SiteStatus::kUnjudged;
    };
    return std::ranges::any_of(pair.findings, judged) || std::ranges::any_of(pair.fixed, judged);
  });
}

}  // namespace

std::string_view name_of(Change change) {
  constexpr std::array<std::string_view, 5> kNames = {"worse", "better", "same", "cannot tell",
                                                      "not judged"};
  return kNames.at(static_cast<std::size_t>(change));
}

std::size_t count_of(const Comparison& comparison, Change change) {
  std::size_t count = 0;
  for (const PairChange& pair : comparison.pairs)
    count +=
        static_cast<std::size_t>(std::ranges::count(pair.metrics, change, &MetricChange::change));
  return count;
}

Change verdict_of(const Comparison& comparison) {
  if (any_worse(comparison)) return Change::kWorse;
  if (std::ranges::all_of(comparison.pairs, spoilt)) return Change::kNotJudged;
  const std::size_t unsure = count_of(comparison, Change::kUnsure);
  const std::size_t better = count_of(comparison, Change::kBetter);
  const std::size_t told = better + count_of(comparison, Change::kSame);
  if (told == 0 && !findings_judged(comparison)) return Change::kUnsure;
  if (comparison.strict && (unsure > 0 || std::ranges::any_of(comparison.pairs, spoilt)))
    return Change::kUnsure;
  return better > 0 || sum_over(comparison, fixed_troubles) > 0 ? Change::kBetter : Change::kSame;
}

std::string headline_of(const Comparison& comparison) {
  switch (verdict_of(comparison)) {
    case Change::kWorse:
      return "worse: " + worse_words(comparison);
    case Change::kBetter: {
      std::string text = metric_words(comparison, Change::kBetter);
      if (const auto n = sum_over(comparison, fixed_troubles); n > 0)
        text += fmt::format("{}{} fixed", text.empty() ? "" : "; ", plural(n, "finding"));
      return "nothing is worse: " + text;
    }
    case Change::kSame: {
      const std::size_t unsure = count_of(comparison, Change::kUnsure);
      return unsure == 0 ? "nothing is worse"
                         : "nothing is seen to be worse: " + unsure_words(comparison);
    }
    case Change::kUnsure:
      return "cannot tell: " + unsure_words(comparison);
    case Change::kNotJudged:
      break;
  }
  for (const PairChange& pair : comparison.pairs)
    if (!pair.concerns.empty()) return "not comparable: " + pair.concerns.front().text;
  return "not comparable";
}

int exit_code_of(const Comparison& comparison) {
  switch (verdict_of(comparison)) {
    case Change::kWorse:
      return cli::kFound;
    case Change::kBetter:
    case Change::kSame:
      return cli::kOk;
    case Change::kUnsure:
    case Change::kNotJudged:
      break;
  }
  return cli::kUndecided;
}

}  // namespace tidemark::signoff
