#include <array>

#include "lib/cli/tool.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

using cli::Example;
using cli::Option;

constexpr std::array<Option, 3> kSimulateOptions = {{
    {.name = "--max-growth",
     .value = "SIZE/24h",
     .summary = "the gate: slower growth is tolerated",
     .fallback = "50MB/24h"},
    {.name = "--explain", .summary = "say why on stderr, one line a trace"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

constexpr std::array<Example, 2> kSimulateExamples = {{
    {.command = "leakwatch simulate traces -o verdicts.csv",
     .about = "what would have been said about recorded memory traces"},
    {.command = "leakwatch simulate --max-growth 10MB/24h --explain traces",
     .about = "with a stricter gate, and why"},
}};

constexpr std::array<cli::Verb, 1> kVerbs = {{
    {.name = "simulate",
     .summary = "Judges recorded memory traces as if they happened now: each *.csv of a directory, "
                "restarts from its events.csv.",
     .operands = "DIR",
     .options = kSimulateOptions,
     .examples = kSimulateExamples,
     .run = simulate_verb},
}};

constexpr cli::Tool kTool = {
    .name = "leakwatch",
    .summary = "Watches the memory of services for hours or days and decides whether they leak.",
    .verbs = kVerbs,
};

}  // namespace
}  // namespace tidemark::leakwatch

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::leakwatch::kTool, argc, argv);
}
