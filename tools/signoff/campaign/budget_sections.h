#pragma once

#include <filesystem>
#include <vector>

#include "lib/budget/budget_file.h"
#include "lib/toml/value.h"
#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// Adds the rules and waivers of a budget file that `item` names.
void read_budget_file(const TomlValue& item, const std::filesystem::path& file,
                      budget::Budgets& budgets);

// The same of the sections of the campaign's file itself. A phase or target that they name must be
// in `campaign`: in a budget file, which several campaigns may share, it need not.
void read_own_budget(const TomlValue& root, const Campaign& campaign, budget::Budgets& budgets);

}  // namespace tidemark::signoff
