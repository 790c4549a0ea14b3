#include "tools/signoff/campaign/budget_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"

namespace tidemark::signoff {
namespace {

using Names = std::vector<std::string_view>;

// A glob may come to nothing; a name is meant to be there.
void check_name(const std::string& place, std::string_view what, std::string_view name,
                const Names& known) {
  const bool glob = name.find_first_of("*?") != std::string_view::npos;
  if (glob || std::ranges::find(known, name) != known.end()) return;
  const std::string_view meant = nearest(name, known);
  throw UsageError(fmt::format("{}: unknown {} {}", place, what, tidemark::quoted(name)),
                   meant.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                 : fmt::format("did you mean {}?", meant));
}

// "normal", "redis/normal".
void check_phase(const std::string& place, std::string_view name, const Names& phases,
                 const Names& targets) {
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos) {
    check_name(place, "target", name.substr(0, slash), targets);
    name.remove_prefix(slash + 1);
  }
  check_name(place, "phase", name, phases);
}

Names names_of(const auto& all) {
  Names names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

}  // namespace

void read_budget_file(const TomlValue& item, const std::filesystem::path& file,
                      budget::Budgets& budgets) {
  try {
    budget::Budgets read = budget::read_budgets(file);
    std::ranges::move(read.rules, std::back_inserter(budgets.rules));
    std::ranges::move(read.waivers, std::back_inserter(budgets.waivers));
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    item.fail(error.what(), error.hint());
  }
}

void read_own_budget(const TomlValue& root, const Campaign& campaign, budget::Budgets& budgets) {
  const std::size_t rules = budgets.rules.size();
  const std::size_t waivers = budgets.waivers.size();
  budget::add_budgets(root, budgets);
  const Names phases = names_of(campaign.phases);
  const Names targets = names_of(campaign.targets);
  for (std::size_t i = rules; i < budgets.rules.size(); ++i) {
    const budget::Rule& rule = budgets.rules[i];
    for (const std::string& name : rule.phases) check_phase(rule.place, name, phases, targets);
    for (const std::string& name : rule.targets) check_name(rule.place, "target", name, targets);
  }
  for (std::size_t i = waivers; i < budgets.waivers.size(); ++i) {
    const budget::Waiver& waiver = budgets.waivers[i];
    for (const std::string& name : waiver.phases) {
      check_phase(waiver.place, name, phases, targets);
    }
  }
}

}  // namespace tidemark::signoff
