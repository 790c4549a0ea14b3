#pragma once

#include <array>
#include <span>
#include <string_view>

namespace tidemark::signoff {

// Every key that a campaign file may have, by the table that it stands in; the same as in
// docs/signoff-campaign.schema.json. The rules and waivers are lib/budget's.
namespace keys {

using Keys = std::string_view[];

inline constexpr Keys kCampaign = {"name", "title",  "confidence", "history", "budgets", "budget",
                                   "rule", "waiver", "target",     "phase",   "score",   "alert"};
inline constexpr Keys kTarget = {"command", "ready", "url", "flavour", "env", "load"};
inline constexpr Keys kPhase = {"name",   "title",   "after",    "needs",  "targets", "parallel",
                                "cpus",   "weight",  "requires", "run",    "tool",    "args",
                                "repeat", "retries", "timeout",  "verdict"};
inline constexpr Keys kRun = {"name",    "tool",    "args",    "repeat",
                              "retries", "timeout", "verdict", "targets"};
inline constexpr Keys kRequires = {"programs", "memory", "disk"};
inline constexpr Keys kScore = {"ready", "nearly", "hard_cap"};
inline constexpr Keys kAlert = {"webhook", "command", "on"};

}  // namespace keys

struct KeysOfTable {
  std::string_view table;  // its name in the schema
  std::span<const std::string_view> keys;
};

inline constexpr std::array kCampaignTables = {
    KeysOfTable{"campaign", keys::kCampaign}, KeysOfTable{"target", keys::kTarget},
    KeysOfTable{"phase", keys::kPhase},       KeysOfTable{"run", keys::kRun},
    KeysOfTable{"requires", keys::kRequires}, KeysOfTable{"score", keys::kScore},
    KeysOfTable{"alert", keys::kAlert},
};

}  // namespace tidemark::signoff
