#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

struct AlertTask {
  std::filesystem::path directory;  // of the campaign: alerts.json and what belongs to it go there
  std::filesystem::path memory;     // alert_memory_of()
  std::chrono::milliseconds time{120'000};       // that all of it may take: a CI job waits
  std::chrono::milliseconds first_pause{1'000};  // before the second attempt; doubles
};

// Tells whom `plan` names what `result` came to, when there is something to tell (Event), and
// writes alerts.json (docs/signoff-ci.md) that says what became of it. Nothing when the plan
// names nobody. Gives warnings, one for each who could not be told: the verdict stays what it is.
// Does not throw Error.
//
// REQUIRES: one thread, as lib/process does.
std::vector<std::string> deliver_alerts(const SignoffResult& result, const AlertPlan& plan,
                                        const AlertTask& task);

}  // namespace tidemark::signoff
