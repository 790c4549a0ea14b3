#pragma once

#include <filesystem>
#include <vector>

#include "lib/budget/budget_file.h"
#include "lib/toml/value.h"
#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// Adds the rules and waivers of a budget file that `item` names. What its rules are for need not be
// there, since several campaigns may share it: that is one of the campaign's warnings.
void read_budget_file(const TomlValue& item, const std::filesystem::path& file, Campaign& campaign,
                      budget::Budgets& budgets);

// The same of the sections of the campaign's file itself, where it is an error.
void read_own_budget(const TomlValue& root, const Campaign& campaign, budget::Budgets& budgets);

}  // namespace tidemark::signoff
