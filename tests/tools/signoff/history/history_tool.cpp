// `signoff history` alone, and what fills a history for looking at:
//
//   history_tool fill FILE      two years of simulated nights
//   history_tool history ...    the verb

#include <array>

#include "lib/cli/tool.h"
#include "lib/run/history_db.h"
#include "tests/tools/signoff/history/simulated.h"
#include "tools/signoff/history/history_verb.h"

namespace tidemark::signoff {
namespace {

int fill(const cli::Args& args) {
  HistoryDb history(args.operands().at(0));
  for (HistoryEntry& entry : simulate(two_years())) {
    for (HistoryMeasure& measure : entry.measures) {
      if (measure.metric == "heap.peak") measure.stage = "<b>\x1b[31m\"x";
    }
    history.add(entry);
  }
  return cli::kOk;
}

constexpr std::array<cli::Verb, 2> kVerbs = {
    {{.name = "fill", .summary = "Fills a history.", .operands = "FILE", .run = fill},
     kHistoryVerb}};
constexpr cli::Tool kTool = {
    .name = "history_tool", .summary = "For tests.", .verbs = kVerbs, .file_verb = "history"};

}  // namespace
}  // namespace tidemark::signoff

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::signoff::kTool, argc, argv);
}
