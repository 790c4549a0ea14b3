#include "tools/signoff/campaign/check_verb.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "tools/signoff/campaign/plan_words.h"
#include "tools/signoff/run/preflight.h"

namespace tidemark::signoff {

namespace {

// What is missing, each thing once, and who needs it.
std::string missing_words(const std::vector<Trouble>& troubles) {
  if (troubles.empty()) return "\nNothing that it needs is missing here.\n";
  std::map<std::string, std::vector<std::string>> needed_by;
  for (const Trouble& trouble : troubles) {
    std::vector<std::string>& phases = needed_by[trouble.why];
    if (phases.empty() || phases.back() != trouble.phase) phases.push_back(trouble.phase);
  }
  std::string text = "\nMissing here:\n";
  for (const auto& [why, phases] : needed_by) {
    text += fmt::format("    {}\n        for {}\n", printable(why), fmt::join(phases, ", "));
  }
  return text;
}

}  // namespace

int check_verb(const cli::Args& args) { return check_campaign(args, {}); }

int check_campaign(const cli::Args& args, const Expected& expected) {
  if (args.operands().size() != 1) {
    throw UsageError("expected one campaign file", "`signoff check --help` shows an example");
  }
  const Campaign campaign = read_campaign(args.operands()[0]);
  const Plan plan = plan_of(campaign, selection_from(args));
  const std::vector<Trouble> troubles = preflight(plan, campaign, std::filesystem::current_path());
  std::string doubts;
  for (const std::string& warning : campaign.warnings) {
    doubts += fmt::format("\nwarning: {}\n", printable(warning));
  }
  write_file("-", plan_words(campaign, plan, scale_from(args), expected) + doubts +
                      missing_words(troubles));
  return troubles.empty() ? cli::kOk : cli::kFound;
}

}  // namespace tidemark::signoff
