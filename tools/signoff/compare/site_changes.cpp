#include "tools/signoff/compare/site_changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "lib/analyze/discovery_rate.h"
#include "lib/analyze/frames.h"
#include "lib/analyze/names.h"

namespace tidemark::signoff {
namespace {

// Sites that hold less than this share of the memory on both sides are not worth a line, and would
// make the others wait: every one more asks for more evidence.
constexpr double kLeastShare = 0.001;

// Growth of a site makes things worse when it is this share of all memory in use; where a side has
// one run only, what happened to be in use at that moment must be much more.
constexpr double kMatters = 0.01;
constexpr double kMattersOnce = 0.1;

using Stack = std::vector<std::string>;

// What debug information calls pieces of the C++ library that were inlined: it leaves their
// namespace out, so that role_of() takes them for the program's.
bool is_library_piece(std::string_view function) {
  constexpr auto kPieces = std::to_array<std::string_view>(
      {"allocate", "append", "assign", "basic_string", "construct", "emplace", "emplace_back",
       "insert", "make_shared", "make_unique", "operator+", "operator+=", "operator=", "push_back",
       "reserve", "resize", "to_string", "vector"});
  return function.starts_with('_') ||
         std::ranges::find(kPieces, function.substr(0, function.find('<'))) != kPieces.end();
}

bool is_code(const std::string& function) {
  return role_of(Frame{.function = function}) == FrameRole::kCode && !is_library_piece(function);
}

// What names a site in both runs: its innermost functions that are neither an allocator's nor
// the C++ library's; all of them where there are none.
Stack site_of(const Stack& functions) {
  constexpr std::size_t kMost = 8;
  Stack stack;
  for (const std::string& function : functions) {
    if (stack.size() == kMost) break;
    if (is_code(function) && (stack.empty() || stack.back() != function)) stack.push_back(function);
  }
  return stack.empty() ? functions : stack;
}

// A profile's stacks by plain names, and how little it can tell of.
struct HeapView {
  std::map<Stack, Reading> amounts;
  double least = 0;
  double total = 0;
  bool folded = false;  // what is below `least` is left out, and comes from massif

  // A level that rises all the time is not known by one run. What it wanders by is in what
  // repetitions differ by. What was folded away is not, and any part of a site may be: repetitions
  // fold alike, so that their mean knows it no better.
  void trust_repetitions(std::size_t runs) {
    if (!folded) return;
    for (auto& [stack, reading] : amounts) {
      reading.error = least * std::sqrt(static_cast<double>(runs));
      reading.freedom = 0;
    }
  }
};

// Degrees of freedom, of which 0 are endless.
double fewer(double a, double b) { return a > 0 && b > 0 ? std::min(a, b) : std::max(a, b); }

Stack plain_stack(const std::vector<std::string>& functions) {
  Stack stack;
  for (const std::string& function : functions)
    stack.push_back(is_below_threshold(function) ? function : plain_function(function));
  return stack;
}

HeapView view_of(const RunFacts& facts) {
  HeapView view{.least = facts.least_amount, .folded = facts.least_amount > 0};
  for (const SiteAmount& amount : facts.amounts) {
    if (!(amount.bytes > 0)) continue;
    view.total += amount.bytes;
    if (facts.least_amount <= 0)
      view.least = view.least > 0 ? std::min(view.least, amount.bytes) : amount.bytes;
    // Whatever is below the threshold: no site that could be named.
    if (amount.functions.size() == 1 && is_below_threshold(amount.functions[0])) continue;
    const Stack site = site_of(plain_stack(amount.functions));
    Reading& reading = view.amounts.emplace(site, Reading{.error = 0}).first->second;
    reading.value += amount.bytes;
    reading.error = std::hypot(reading.error, amount.error);
    reading.freedom = fewer(reading.freedom, amount.freedom);
  }
  return view;
}

std::vector<HeapView> views_of(const Side& side) {
  std::vector<HeapView> views;
  for (const RunFacts* facts : side)
    if (!facts->amounts_file.empty()) views.push_back(view_of(*facts));
  if (views.size() < 2) return views;
  for (HeapView& view : views) view.trust_repetitions(views.size());
  return views;
}

std::vector<Reading> readings_of(const std::vector<HeapView>& views, const Stack& stack) {
  std::vector<Reading> readings;
  for (const HeapView& view : views) {
    const auto found = view.amounts.find(stack);
    readings.push_back(found == view.amounts.end() ? Reading{.value = 0, .error = view.least}
                                                   : found->second);
  }
  return readings;
}

double mean_total(const std::vector<HeapView>& views) {
  double sum = 0;
  for (const HeapView& view : views) sum += view.total;
  return views.empty() ? 0 : sum / static_cast<double>(views.size());
}

void add_amounts(PairChange& pair, const Side& before, const Side& after) {
  const std::vector<HeapView> old = views_of(before);
  const std::vector<HeapView> now = views_of(after);
  if (old.empty() || now.empty()) return;
  const double least = kLeastShare * std::max(mean_total(old), mean_total(now));
  std::set<Stack> stacks;
  for (const std::vector<HeapView>* views : {&old, &now})
    for (const HeapView& view : *views)
      for (const auto& entry : view.amounts) stacks.insert(entry.first);
  for (const Stack& stack : stacks) {
    const Contrast contrasted = contrast(readings_of(old, stack), readings_of(now, stack));
    if (std::max(contrasted.before.mean, contrasted.after.mean) < least) continue;
    pair.sites.push_back({.functions = stack, .contrast = contrasted});
  }
  pair.sites_compared = pair.sites.size();
  pair.memory = std::max(mean_total(old), mean_total(now));
}

// Of a site of sites.json: bytes an hour, and whether it was seen to grow.
struct Rate {
  Stack stack;
  Reading reading{.error = 0};
  bool grows = false;
};
using Rates = std::map<std::string, Rate>;  // by fingerprint

Rates rates_of(const GrowthReport& report) {
  Rates rates;
  for (const SiteGrowth& site : report.sites) {
    if (site.trend == SiteTrend::kTooFew) continue;
    Rate& rate = rates[site.site.fingerprint];
    Stack stack;
    for (const Frame& frame : site.site.stack)
      stack.push_back(plain_function(tidemark::name_of(frame)));
    rate.stack = site_of(stack);
    rate.reading.value += site.bytes_per_hour;
    rate.reading.error = std::hypot(rate.reading.error, (site.high - site.low) / (2 * t_of_95(0)));
    rate.grows = rate.grows || site.trend == SiteTrend::kGrows;
  }
  return rates;
}

std::vector<Rates> rates_of(const Side& side) {
  std::vector<Rates> all;
  for (const RunFacts* facts : side)
    if (facts->growth) all.push_back(rates_of(*facts->growth));
  return all;
}

// A site that is not in the report is steady.
std::vector<Reading> rates_at(const std::vector<Rates>& side, const std::string& fingerprint) {
  std::vector<Reading> all;
  for (const Rates& rates : side) {
    const auto found = rates.find(fingerprint);
    all.push_back(found == rates.end() ? Reading{.value = 0, .error = 0} : found->second.reading);
  }
  return all;
}

void add_growth(PairChange& pair, const Side& before, const Side& after) {
  const std::vector<Rates> old = rates_of(before);
  const std::vector<Rates> now = rates_of(after);
  if (old.empty() || now.empty()) return;
  std::map<std::string, Stack> growing;
  for (const std::vector<Rates>* side : {&now, &old})
    for (const Rates& rates : *side)
      for (const auto& [fingerprint, rate] : rates)
        if (rate.grows) growing.emplace(fingerprint, rate.stack);
  for (const auto& [fingerprint, stack] : growing)
    pair.growing.push_back(
        {.functions = stack,
         .contrast = contrast(rates_at(old, fingerprint), rates_at(now, fingerprint))});
}

bool numbers_spoilt(const PairChange& pair) {
  return std::ranges::any_of(pair.concerns, [](const Concern& concern) {
    return concern.spoils == Spoils::kAll || concern.spoils == Spoils::kFindings;
  });
}

// Adjusts and judges all of one kind in all pairs.
template <typename Member>
void judge_all(std::vector<PairChange>& pairs, Member sites_of) {
  std::vector<SiteChange*> judged;
  std::vector<double> p_values;
  for (PairChange& pair : pairs)
    for (SiteChange& site : pair.*sites_of) {
      site.change = Change::kNotJudged;
      if (numbers_spoilt(pair)) continue;
      judged.push_back(&site);
      p_values.push_back(site.contrast.p_value);
    }
  const std::vector<double> adjusted = adjusted_for_many(p_values);
  for (std::size_t i = 0; i < judged.size(); ++i) {
    judged[i]->adjusted = adjusted[i];
    judged[i]->change = change_of(judged[i]->contrast, adjusted[i], false, 0);
  }
  for (PairChange& pair : pairs)
    std::ranges::stable_sort(pair.*sites_of, {}, [](const SiteChange& site) {
      return std::tuple(site.change, -site.contrast.difference, site.functions);
    });
}

}  // namespace

bool matters(const PairChange& pair, const SiteChange& site) {
  const bool repeated = site.contrast.basis == Basis::kBetweenRuns;
  const double share = repeated ? kMatters : kMattersOnce;
  return site.change == Change::kWorse && site.contrast.difference >= share * pair.memory;
}

void add_sites(PairChange& pair, const Side& before, const Side& after) {
  add_amounts(pair, before, after);
  add_growth(pair, before, after);
}

void judge_sites(std::vector<PairChange>& pairs) {
  judge_all(pairs, &PairChange::sites);
  judge_all(pairs, &PairChange::growing);
  for (PairChange& pair : pairs) {
    const auto is_news = [&](const SiteChange& site) {
      if (site.change == Change::kNotJudged)
        return std::abs(site.contrast.difference) >= kMatters * pair.memory;
      return site.change == Change::kWorse || site.change == Change::kBetter;
    };
    std::erase_if(pair.sites, [&](const SiteChange& site) { return !is_news(site); });
  }
}

}  // namespace tidemark::signoff
