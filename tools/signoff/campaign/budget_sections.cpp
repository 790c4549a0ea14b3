#include "tools/signoff/campaign/budget_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"

namespace tidemark::signoff {
namespace {

void check_phase(const std::string& place, const std::string& name,
                 const std::vector<std::string_view>& known) {
  const bool exact = name.find_first_of("*?/") == std::string::npos;
  if (!exact || std::ranges::find(known, name) != known.end()) return;
  const std::string_view meant = nearest(name, known);
  throw UsageError(fmt::format("{}: unknown phase {}", place, tidemark::quoted(name)),
                   meant.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                 : fmt::format("did you mean {}?", meant));
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

void read_own_budget(const TomlValue& root, const std::vector<PhasePlan>& phases,
                     budget::Budgets& budgets) {
  const std::size_t rules = budgets.rules.size();
  const std::size_t waivers = budgets.waivers.size();
  budget::add_budgets(root, budgets);
  std::vector<std::string_view> known;
  known.reserve(phases.size());
  for (const PhasePlan& phase : phases) known.push_back(phase.name);
  for (std::size_t i = rules; i < budgets.rules.size(); ++i) {
    for (const std::string& name : budgets.rules[i].phases) {
      check_phase(budgets.rules[i].place, name, known);
    }
  }
  for (std::size_t i = waivers; i < budgets.waivers.size(); ++i) {
    for (const std::string& name : budgets.waivers[i].phases) {
      check_phase(budgets.waivers[i].place, name, known);
    }
  }
}

}  // namespace tidemark::signoff
