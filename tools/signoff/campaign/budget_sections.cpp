#include "tools/signoff/campaign/budget_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"

namespace tidemark::signoff {
namespace {

// A name that means nothing here.
struct Unknown {
  std::string_view what;  // "phase"
  const std::string& name;
  const std::vector<std::string_view>& known;

  std::string words() const { return fmt::format("unknown {} {}", what, tidemark::quoted(name)); }
  std::string hint() const {
    const std::string_view meant = nearest(name, known);
    return meant.empty() ? fmt::format("there {} {}", known.size() == 1 ? "is" : "are",
                                       fmt::join(known, ", "))
                         : fmt::format("did you mean {}?", meant);
  }
};

// Goes through the phases and targets that rules and waivers name.
class Names {
 public:
  explicit Names(const Campaign& campaign) {
    for (const PhasePlan& phase : campaign.phases) phases_.push_back(phase.name);
    for (const TargetPlan& target : campaign.targets) targets_.push_back(target.name);
  }

  using Tell = std::function<void(const std::string& place, const Unknown&)>;
  void check(const budget::Budgets& budgets, const Tell& tell) const {
    for (const budget::Rule& rule : budgets.rules) {
      for (const std::string& name : rule.phases) check_phase(rule.place, name, tell);
      for (const std::string& name : rule.targets)
        check_name(rule.place, {"target", name, targets_}, tell);
    }
    for (const budget::Waiver& waiver : budgets.waivers) {
      for (const std::string& name : waiver.phases) check_phase(waiver.place, name, tell);
    }
  }

 private:
  // "normal", or "redis/normal" of one target.
  void check_phase(const std::string& place, const std::string& name, const Tell& tell) const {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return check_name(place, {"phase", name, phases_}, tell);
    const std::string target = name.substr(0, slash);
    const std::string phase = name.substr(slash + 1);
    check_name(place, {"target", target, targets_}, tell);
    check_name(place, {"phase", phase, phases_}, tell);
  }

  static void check_name(const std::string& place, const Unknown& unknown, const Tell& tell) {
    const bool exact = unknown.name.find_first_of("*?") == std::string::npos;
    if (exact && std::ranges::find(unknown.known, unknown.name) == unknown.known.end()) {
      tell(place, unknown);
    }
  }

  std::vector<std::string_view> phases_;
  std::vector<std::string_view> targets_;
};

void add(budget::Budgets read, budget::Budgets& budgets) {
  std::ranges::move(read.rules, std::back_inserter(budgets.rules));
  std::ranges::move(read.waivers, std::back_inserter(budgets.waivers));
}

}  // namespace

void read_budget_file(const TomlValue& item, const std::filesystem::path& file, Campaign& campaign,
                      budget::Budgets& budgets) {
  try {
    budget::Budgets read = budget::read_budgets(file);
    Names(campaign).check(read, [&](const std::string& place, const Unknown& unknown) {
      campaign.warnings.push_back(fmt::format("{}: it does not count here: {}; {}", place,
                                              unknown.words(), unknown.hint()));
    });
    add(std::move(read), budgets);
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    item.fail(error.what(), error.hint());
  }
}

void read_own_budget(const TomlValue& root, const Campaign& campaign, budget::Budgets& budgets) {
  budget::Budgets own;
  budget::add_budgets(root, own);
  Names(campaign).check(own, [](const std::string& place, const Unknown& unknown) {
    throw UsageError(fmt::format("{}: {}", place, unknown.words()), unknown.hint());
  });
  add(std::move(own), budgets);
}

}  // namespace tidemark::signoff
