#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lib/analyze/baseline.h"
#include "lib/analyze/diff.h"
#include "lib/analyze/top.h"
#include "lib/analyze/verdict.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/words.h"
#include "tools/memprof/documents.h"
#include "tools/memprof/output.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

constexpr std::size_t kMostFunctions = 15;

// "+96 B", "-1.2 MiB", "±0 B".
std::string change_text(std::int64_t change, std::string_view unit) {
  const std::string_view sign = change > 0 ? "+" : change < 0 ? "-" : "±";
  return fmt::format("{}{}", sign, value_text(change < 0 ? -change : change, unit));
}

// What a site costs, for a change: bytes where it is a leak, else how often.
std::int64_t cost(const Site& site) { return is_leak(site.kind) ? site.bytes : site.count; }
std::string_view cost_unit(const Site& site) { return is_leak(site.kind) ? "bytes" : "count"; }

// The sites of both runs, with what happened to each.
class Comparison {
 public:
  Comparison(const Document& before, Document& after) : sites_(after.sites) {
    for (const Site& site : before.sites) cost_before_[site.fingerprint] = cost(site);
    fixed_ = judge(sites_, before.sites);
  }

  std::string text() const {
    std::string text;
    for (const Site& site : sites_) {
      if (site.status == SiteStatus::kNew) text += line("new  ", site, cost(site));
    }
    for (const Site& site : fixed_) text += line("fixed", site, -cost(site));
    for (const Site& site : sites_) {
      if (site.status != SiteStatus::kKnown) continue;
      const auto before = cost_before_.find(site.fingerprint);
      text += line("known", site, before == cost_before_.end() ? 0 : cost(site) - before->second);
    }
    return text;
  }

  std::size_t fresh() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sites_, [](const Site& s) { return s.status == SiteStatus::kNew && counts(s); }));
  }

  std::string summary() const {
    const auto known = std::ranges::count(sites_, SiteStatus::kKnown, &Site::status);
    return fmt::format("{} new, {} known, {} fixed\n",
                       std::ranges::count(sites_, SiteStatus::kNew, &Site::status), known,
                       fixed_.size());
  }

 private:
  static std::string line(std::string_view what, const Site& site, std::int64_t change) {
    return fmt::format("{}  {:>12}  {}\n", what, change_text(change, cost_unit(site)),
                       printable(site.title));
  }

  std::vector<Site>& sites_;
  std::vector<Site> fixed_;
  std::map<std::string, std::int64_t> cost_before_;
};

// The functions whose own share changed most.
std::string profile_text(const Document& before, const Document& after) {
  const Profile* first = main_profile(before);
  const Profile* second = main_profile(after);
  if (first == nullptr || second == nullptr) return "";
  const Profile change = difference(*first, *second);
  if (change.value_types().empty()) return "";
  const std::size_t value = std::min(change.default_value, change.value_types().size() - 1);
  const ValueType& type = change.value_types()[value];
  std::vector<FunctionTotal> functions = top(change, value);
  std::ranges::stable_sort(functions, [](const FunctionTotal& a, const FunctionTotal& b) {
    return std::max(a.self, -a.self) > std::max(b.self, -b.self);
  });
  std::string text = fmt::format("\n{} by function, self, largest change first\n", type.name);
  for (std::size_t i = 0; i < std::min(functions.size(), kMostFunctions); ++i) {
    if (functions[i].self == 0) break;
    text += fmt::format("  {:>12}  {}\n", change_text(functions[i].self, type.unit),
                        printable(functions[i].function));
  }
  return text;
}

}  // namespace

int diff_verb(const cli::Args& args) {
  const std::string& a = args.operands().at(0);
  const std::string& b = args.operands().at(1);
  const Document before = read_document(a, {});
  Document after = read_document(b, {});
  const Comparison comparison(before, after);
  std::string text = fmt::format("from {} to {}\n", printable(a), printable(b));
  text += comparison.summary() + comparison.text() + profile_text(before, after);
  write_file(args.value("--output"), text);
  if (comparison.fresh() > 0) return cli::kFound;
  // A run that failed may lack what the other has: that is not "nothing new".
  return after.verdict == Verdict::kFailed ? cli::kFailed : cli::kOk;
}

}  // namespace tidemark::memprof
