#include "lib/budget/budget_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "lib/base/error.h"
#include "lib/base/glob.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/toml/node.h"

namespace tidemark::budget {
namespace {

constexpr std::size_t kMostRules = 1'000;
constexpr std::size_t kMostGlobs = 100;  // of phases of one rule
constexpr std::size_t kLongestGlob = 200;

constexpr std::array<std::string_view, 9> kRuleKeys = {
    "limit", "name", "phase", "target", "flavour", "hard", "weight", "owner", "why"};
constexpr std::array<std::string_view, 7> kPhaseKeys = {"limits", "target", "flavour", "hard",
                                                        "weight", "owner",  "why"};
constexpr std::array<std::string_view, 5> kWaiverKeys = {"rule", "phase", "owner", "reason",
                                                         "expires"};

std::vector<std::string> globs(const TomlValue& table, std::string_view key) {
  const auto value = table.get(key);
  if (!value) return {};
  std::vector<std::string> all = value->texts(kMostGlobs);
  const auto is_long = [](const std::string& glob) { return glob.size() > kLongestGlob; };
  if (std::ranges::any_of(all, is_long)) {
    value->fail(fmt::format("expected names of at most {} characters", kLongestGlob));
  }
  return all;
}

const std::string& some_text(const TomlValue& value) {
  if (value.text().find_first_not_of(" \t\n") == std::string::npos) value.fail("expected a text");
  return value.text();
}

std::string text_or_none(const TomlValue& table, std::string_view key) {
  const auto value = table.get(key);
  return value ? some_text(*value) : "";
}

// What a [[rule]] and a [budget.PHASE] may both say.
Rule common_of(const TomlValue& table) {
  Rule rule{.targets = globs(table, "target"),
            .flavours = globs(table, "flavour"),
            .owner = text_or_none(table, "owner"),
            .why = text_or_none(table, "why")};
  if (const auto hard = table.get("hard")) rule.hard = hard->truth();
  if (const auto weight = table.get("weight")) rule.weight = weight->number(0, 1e6);
  return rule;
}

// Adds `common` with the limit that `value` writes.
void add_limit(const TomlValue& value, const Rule& common, Budgets& budgets) {
  if (budgets.rules.size() == kMostRules) {
    value.fail(fmt::format("expected at most {} rules", kMostRules));
  }
  const Rule read = parse_rule(value.text(), value.what());
  Rule rule = common;
  rule.text = read.text;
  rule.subject = read.subject;
  rule.compare = read.compare;
  rule.bound = read.bound;
  rule.unit = read.unit;
  rule.place = value.place();
  if (rule.id.empty()) {
    rule.id = rule.phases.empty() ? rule.text
                                  : fmt::format("{}: {}", fmt::join(rule.phases, ", "), rule.text);
  }
  budgets.rules.push_back(std::move(rule));
}

void add_rule(const TomlValue& table, Budgets& budgets) {
  table.only(kRuleKeys);
  Rule common = common_of(table);
  common.phases = globs(table, "phase");
  common.id = text_or_none(table, "name");
  add_limit(table.need("limit"), common, budgets);
}

void add_all(const TomlValue& list, const Rule& common, Budgets& budgets) {
  const std::vector<TomlValue> limits = list.items(kMostRules);
  if (limits.empty()) list.fail("expected a limit at least");
  for (const TomlValue& limit : limits) add_limit(limit, common, budgets);
}

void add_phase(const TomlValue& table, Budgets& budgets) {
  if (table.key().empty()) table.fail_at_key("expected the name of a phase");
  if (!table.is_table()) table.fail_at_key("expected [budget.PHASE] with limits = [...]");
  table.only(kPhaseKeys);
  Rule common = common_of(table);
  common.phases = {std::string(table.key())};
  add_all(table.need("limits"), common, budgets);
}

void add_waiver(const TomlValue& table, Budgets& budgets) {
  table.only(kWaiverKeys);
  budgets.waivers.push_back({.rule = some_text(table.need("rule")),
                             .phases = globs(table, "phase"),
                             .owner = some_text(table.need("owner")),
                             .reason = some_text(table.need("reason")),
                             .expires = table.need("expires").date(),
                             .place = table.need("rule").place()});
}

std::vector<TomlValue> tables_of(const TomlValue& list) {
  if (!list.is_list()) list.fail_at_key(fmt::format("expected [[{}]]", list.key()));
  return list.items(kMostRules);
}

// Whether some name is meant by both, of which one must take in the other as it is written. A
// phase may have its target before it, "redis/normal", where the other need not.
bool meet(std::string_view a, std::string_view b) {
  const std::size_t slash_a = a.find('/');
  const std::size_t slash_b = b.find('/');
  if (slash_a == std::string_view::npos && slash_b != std::string_view::npos) {
    b.remove_prefix(slash_b + 1);
  } else if (slash_b == std::string_view::npos && slash_a != std::string_view::npos) {
    a.remove_prefix(slash_a + 1);
  }
  return matches_glob(a, b) || matches_glob(b, a);
}

// The same of lists, where none means all.
bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return true;
  return std::ranges::any_of(a, [&](const std::string& one) {
    return std::ranges::any_of(
        b, [&](const std::string& other) { return meet(std::string_view(one), other); });
  });
}

bool meet(const Rule& a, const Rule& b) {
  return meet(a.phases, b.phases) && meet(a.targets, b.targets) && meet(a.flavours, b.flavours);
}

bool is_strict(const Rule& rule) {
  return rule.compare == Compare::kLess || rule.compare == Compare::kMore;
}

// Whether nothing, whatever the baseline, is both as `above` and as `below` want it.
bool excludes(const Rule& below, const Rule& above) {
  const bool from_below = below.upper() || below.compare == Compare::kEqual;
  const bool from_above = !above.upper();
  if (!from_below || !from_above || below.bound.relative != above.bound.relative) return false;
  const double factor = below.bound.relative ? below.bound.factor - above.bound.factor : 0;
  const double value = below.bound.value - above.bound.value;
  if (factor > 0 || value > 0) return false;
  return factor < 0 || value < 0 || is_strict(below) || is_strict(above);
}

std::string said(const Rule& rule) {
  return fmt::format("{}{}", tidemark::quoted(rule.text),
                     rule.id == rule.text ? "" : fmt::format(" ({})", tidemark::quoted(rule.id)));
}

void check_pair(const Rule& earlier, const Rule& later) {
  if (earlier.id == later.id) {
    throw UsageError(fmt::format("{}: there is another rule {}, at {}", later.place,
                                 tidemark::quoted(later.id), earlier.place),
                     "give one of them a name of its own");
  }
  if (earlier.subject == later.subject && meet(earlier, later) &&
      (excludes(earlier, later) || excludes(later, earlier))) {
    throw UsageError(fmt::format("{}: {} and {}, at {}, cannot both hold", later.place, said(later),
                                 said(earlier), earlier.place));
  }
}

void check_waiver(const Waiver& waiver, const Budgets& budgets) {
  std::vector<std::string_view> known;
  bool elsewhere = false;
  for (const Rule& rule : budgets.rules) {
    known.emplace_back(rule.id);
    if (!waives(waiver, rule)) continue;
    if (meet(waiver.phases, rule.phases)) return;
    elsewhere = true;
  }
  if (elsewhere) {
    throw UsageError(fmt::format("{}: rule {} is not of phase {}", waiver.place,
                                 tidemark::quoted(waiver.rule), fmt::join(waiver.phases, ", ")));
  }
  const std::string_view meant = nearest(waiver.rule, known);
  throw UsageError(
      fmt::format("{}: there is no rule {} to waive", waiver.place, tidemark::quoted(waiver.rule)),
      meant.empty() ? "a waiver has the name of a rule, or its limit as it is written"
                    : fmt::format("did you mean {}?", tidemark::quoted(meant)));
}

}  // namespace

void add_budgets(const TomlValue& file, Budgets& budgets) {
  if (const auto phases = file.get("budget")) {
    for (const TomlValue& phase : phases->members(kMostRules)) add_phase(phase, budgets);
  }
  if (const auto rules = file.get("rule")) {
    for (const TomlValue& rule : tables_of(*rules)) add_rule(rule, budgets);
  }
  if (const auto waivers = file.get("waiver")) {
    for (const TomlValue& waiver : tables_of(*waivers)) add_waiver(waiver, budgets);
  }
}

void add_limits(const TomlValue& list, const std::vector<std::string>& phases, Budgets& budgets) {
  add_all(list, {.phases = phases}, budgets);
}

void check_budgets(const Budgets& budgets) {
  for (std::size_t i = 0; i < budgets.rules.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) check_pair(budgets.rules[j], budgets.rules[i]);
  }
  for (const Waiver& waiver : budgets.waivers) check_waiver(waiver, budgets);
}

Budgets parse_budgets(const Input& input) {
  const TomlNode node = parse_toml(input);
  const TomlValue file(input.name, node);
  file.only(kBudgetSections);
  Budgets budgets;
  add_budgets(file, budgets);
  if (budgets.rules.empty() && budgets.waivers.empty()) {
    file.fail("expected a rule at least", "write [[rule]] with limit = \"rss.peak < 512MiB\"");
  }
  return budgets;
}

Budgets read_budgets(const std::filesystem::path& path) {
  const File file = read_file(path);
  return parse_budgets(file.input());
}

}  // namespace tidemark::budget
