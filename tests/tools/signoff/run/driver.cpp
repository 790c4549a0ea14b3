// signoff with the verbs that run campaigns, and nothing that judges them.

#include <array>

#include "tools/signoff/campaign/check_verb.h"
#include "tools/signoff/run/run_verb.h"

namespace tidemark::signoff {
namespace {

constexpr std::array<cli::Verb, 2> kVerbs = {kRunVerb, kCheckVerb};

constexpr cli::Tool kTool = {
    .name = "signoff", .summary = "Runs campaigns.", .verbs = kVerbs, .file_verb = "run"};

}  // namespace
}  // namespace tidemark::signoff

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::signoff::kTool, argc, argv);
}
