#include <array>

#include "lib/process/words.h"
#include "tools/signoff/alert/destination.h"
#include "tools/signoff/campaign/campaign_keys.h"
#include "tools/signoff/campaign/sections.h"

// What is made of what the phases came to: [score] and [alert].

namespace tidemark::signoff {
namespace {

constexpr std::array<std::string_view, 5> kOccasions = {"failed", "inconclusive", "not done",
                                                        "passed", "recovered"};

void read_points(const TomlValue& section, std::string_view key, double& into) {
  if (const auto value = section.get(key)) into = value->number(0, 100);
}

}  // namespace

std::vector<std::string> texts_of(const TomlValue& value) {
  if (value.is_text()) return {value.text()};
  std::vector<std::string> texts;
  for (const TomlValue& item : value.items(kMostThings)) texts.push_back(item.text());
  return texts;
}

void read_score(const TomlValue& section, Campaign& campaign) {
  section.only(keys::kScore);
  read_points(section, "ready", campaign.ready_band);
  read_points(section, "nearly", campaign.nearly_band);
  read_points(section, "hard_cap", campaign.hard_cap);
  if (campaign.nearly_band > campaign.ready_band) {
    section.fail_at_key("'nearly' is above 'ready'");
  }
}

void read_alert(const TomlValue& section, Campaign& campaign) {
  section.only(keys::kAlert);
  AlertPlan& alert = campaign.alert;
  if (const auto webhooks = section.get("webhook")) {
    alert.webhooks = texts_of(*webhooks);
    for (const std::string& url : alert.webhooks) check_webhook(url, webhooks->what());
  }
  if (const auto commands = section.get("command")) {
    alert.commands = texts_of(*commands);
    for (const std::string& line : alert.commands) (void)split_command(line, commands->what());
  }
  alert.on = {"failed", "inconclusive", "not done", "recovered"};
  if (const auto on = section.get("on")) {
    alert.on.clear();
    for (const TomlValue& item : on->items(kOccasions.size())) {
      alert.on.emplace_back(item.choice(kOccasions));
    }
  }
  if (alert.webhooks.empty() && alert.commands.empty()) {
    section.fail_at_key("expected 'webhook' or 'command'");
  }
}

}  // namespace tidemark::signoff
