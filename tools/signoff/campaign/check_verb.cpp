#include "tools/signoff/campaign/check_verb.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "tools/signoff/campaign/plan_words.h"
#include "tools/signoff/run/preflight.h"

namespace tidemark::signoff {

int check_verb(const cli::Args& args) { return check_campaign(args, {}); }

int check_campaign(const cli::Args& args, const Expected& expected) {
  if (args.operands().size() != 1) {
    throw UsageError("expected one campaign file", "`signoff check --help` shows an example");
  }
  const Campaign campaign = read_campaign(args.operands()[0]);
  const Plan plan = plan_of(campaign, selection_from(args));
  std::string text = plan_words(campaign, plan, scale_from(args), expected);
  const std::vector<Trouble> troubles = preflight(plan, campaign, std::filesystem::current_path());
  text += troubles.empty() ? "\nNothing that it needs is missing here.\n" : "\nMissing here:\n";
  for (const Trouble& trouble : troubles) {
    text += fmt::format("    {}{}{}: {}\n", trouble.phase, trouble.run.empty() ? "" : ", ",
                        trouble.run, printable(trouble.why));
  }
  write_file("-", text);
  return troubles.empty() ? cli::kOk : cli::kFound;
}

}  // namespace tidemark::signoff
