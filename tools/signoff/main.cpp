#include <array>

#include "lib/cli/tool.h"
#include "tools/signoff/campaign/check_verb.h"
#include "tools/signoff/compare/compare_verb.h"
#include "tools/signoff/history/history_verb.h"
#include "tools/signoff/judge/judge_verb.h"
#include "tools/signoff/report/report_verb.h"
#include "tools/signoff/run/run_verb.h"

namespace tidemark::signoff {
namespace {

constexpr std::array<cli::Verb, 6> kVerbs = {kRunVerb,     kCheckVerb,   kJudgeVerb,
                                             kCompareVerb, kHistoryVerb, kReportVerb};

constexpr cli::Tool kTool = {
    .name = "signoff",
    .summary = "Turns runs into a decision: campaigns, budgets, baselines, history, verdicts.",
    .verbs = kVerbs,
    .file_verb = "run",
};

}  // namespace
}  // namespace tidemark::signoff

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::signoff::kTool, argc, argv);
}
