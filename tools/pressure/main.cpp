#include <array>

#include "lib/cli/tool.h"
#include "tools/pressure/check_verb.h"
#include "tools/pressure/report/report_verb.h"
#include "tools/pressure/run_verb.h"

namespace tidemark::pressure {
namespace {

constexpr std::array<cli::Verb, 3> kVerbs = {kRunVerb, kCheckVerb, kReportVerb};

constexpr cli::Tool kTool = {
    .name = "pressure",
    .summary = "Puts honest load on a target: latency counts from when each request was due.",
    .verbs = kVerbs,
    .file_verb = "run",
};

}  // namespace
}  // namespace tidemark::pressure

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::pressure::kTool, argc, argv);
}
