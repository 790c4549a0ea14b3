#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/budget/rule.h"
#include "lib/toml/value.h"

namespace tidemark::budget {

// What a campaign is held to. A file of its own, or sections of a campaign file:
//
//   [budget.normal]                 # of a phase; a glob in quotes: [budget."memory*"]
//   limits = ["p95 < 200ms", "errors < 1%"]
//   hard = true                     # and whatever else a [[rule]] may say, of all of them
//
//   [[rule]]
//   limit = "rss.steady <= baseline + 3%"
//   name = "steady memory"          # what waivers and reports call it; else its text
//   phase = ["normal", "soak"]      # globs, as target and flavour; none: wherever it is measured
//   target = "redis"
//   flavour = "release"
//   hard = true                     # failing it caps the readiness score
//   weight = 2
//   owner = "storage team"
//   why = "it must fit the 1 GiB instances"
//
//   [[waiver]]
//   rule = "steady memory"          # a rule's name or its text
//   phase = "soak"                  # none: in all
//   owner = "ann"
//   reason = "the cache is larger on purpose until #4711"
//   expires = 2027-01-31            # the last day on which it holds
struct Budgets {
  std::vector<Rule> rules;
  std::vector<Waiver> waivers;
};

// The sections that these functions read, for a file that has others besides.
constexpr std::array<std::string_view, 3> kBudgetSections = {"budget", "rule", "waiver"};

// The sections of `file`, a whole file's table, added to `budgets`. All throw UsageError with
// file, line and column. REQUIRES: file.only() or file.members() was called.
void add_budgets(const TomlValue& file, Budgets& budgets);

// A list of limits alone, for those who know the phases: `limits = ["p95 < 200ms"]`.
void add_limits(const TomlValue& list, const std::vector<std::string>& phases, Budgets& budgets);

// What only shows when all files have been read: two rules of one name, rules that cannot both
// hold, waivers for no rule.
void check_budgets(const Budgets& budgets);

// A budget file, not checked against others: check_budgets() is still to be called.
Budgets parse_budgets(const Input& input);
Budgets read_budgets(const std::filesystem::path& path);

}  // namespace tidemark::budget
