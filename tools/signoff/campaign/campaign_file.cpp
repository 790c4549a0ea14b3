#include <fmt/format.h>

#include <utility>

#include "lib/base/file.h"
#include "lib/budget/budget_file.h"
#include "tools/signoff/campaign/budget_sections.h"
#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/campaign/campaign_keys.h"
#include "tools/signoff/campaign/sections.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCopy = "campaign.toml";

// The copy of the budget file number `index` of a campaign.
fs::path budget_copy(const fs::path& directory, std::size_t index) {
  return directory / fmt::format("budgets-{}.toml", index + 1);
}

// Where a campaign and its budget files are read from.
struct Source {
  fs::path file;
  fs::path original;               // the file itself, or what it is a copy of
  std::optional<fs::path> copies;  // the directory with the copies of the budget files
};

void read_budget_files(const TomlValue& list, const Source& source, Campaign& campaign,
                       budget::Budgets& budgets) {
  for (const TomlValue& item : list.items(kMostThings)) {
    const fs::path path = source.original.parent_path() / item.text();
    const fs::path file =
        source.copies ? budget_copy(*source.copies, campaign.budget_files.size()) : path;
    read_budget_file(item, file, campaign, budgets);
    campaign.budget_files.push_back(path);
  }
}

void read_all_budgets(const TomlValue& root, const Source& source, Campaign& campaign) {
  budget::Budgets budgets;
  if (const auto files = root.get("budgets")) {
    read_budget_files(*files, source, campaign, budgets);
  }
  read_own_budget(root, campaign, budgets);
  budget::check_budgets(budgets);
  campaign.rules = std::move(budgets.rules);
  campaign.waivers = std::move(budgets.waivers);
}

// What stands beside targets, phases and budgets.
void read_rest(const TomlValue& file, Campaign& campaign) {
  if (const auto title = file.get("title")) campaign.title = title->text();
  if (const auto confidence = file.get("confidence")) {
    campaign.confidence = confidence->number(0.5, 0.9999);
  }
  if (const auto history = file.get("history")) {
    if (history->text().empty()) history->fail("expected the path of a file");
    campaign.history = campaign.file.parent_path() / history->text();
  }
  if (const auto score = file.get("score")) read_score(*score, campaign);
  if (const auto alert = file.get("alert")) read_alert(*alert, campaign);
}

Campaign read(const Source& source) {
  const File file = read_file(source.file);
  const TomlNode node = parse_toml(file.input());
  const TomlValue root(file.name(), node);
  root.only(keys::kCampaign);
  Campaign campaign{.name = root.need("name").name(), .file = source.original};
  read_targets(root.need("target"), campaign);
  read_phases(root.need("phase"), campaign);
  read_all_budgets(root, source, campaign);
  read_rest(root, campaign);
  return campaign;
}

}  // namespace

Campaign read_campaign(const fs::path& path) {
  return read({.file = path, .original = fs::absolute(path).lexically_normal()});
}

Campaign read_campaign_copy(const fs::path& directory, const fs::path& original) {
  return read({.file = directory / kCopy, .original = original, .copies = directory});
}

void copy_campaign(const Campaign& campaign, const fs::path& directory) {
  write_file(directory / kCopy, read_file(campaign.file).bytes());
  for (std::size_t i = 0; i < campaign.budget_files.size(); ++i) {
    write_file(budget_copy(directory, i), read_file(campaign.budget_files[i]).bytes());
  }
}

}  // namespace tidemark::signoff
