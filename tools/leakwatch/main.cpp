#include <array>

#include "lib/cli/tool.h"
#include "tools/leakwatch/account/options.h"
#include "tools/leakwatch/sites/options.h"
#include "tools/leakwatch/verbs.h"
#include "tools/leakwatch/watch/options.h"

namespace tidemark::leakwatch {
namespace {

using cli::Example;
using cli::Option;

constexpr std::array<Option, 3> kServeOptions = {{
    {.name = "--listen",
     .value = "ADDRESS:PORT",
     .summary = "where to; beyond loopback a token is needed to read; port 0: a free one",
     .fallback = "127.0.0.1:9797"},
    {.name = "--host",
     .value = "NAME",
     .summary = "a name that browsers may use for this machine, besides localhost",
     .repeats = true},
    {.name = "--token-file",
     .value = "FILE",
     .summary = "the token that readers must show: one line; instead of a random one"},
}};

constexpr std::array<Example, 3> kServeExamples = {{
    {.command = "leakwatch serve soak", .about = "one soak, live in a browser"},
    {.command = "leakwatch serve nights/ --listen 127.0.0.1:0",
     .about = "all soaks of a directory, also those that come, on a free port"},
    {.command = "leakwatch serve nights/ --listen 0.0.0.0:9797 --host $(hostname)",
     .about = "for colleagues, who need the token that it prints"},
}};

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

constexpr std::array<Option, 3> kReportOptions = {{
    {.name = "--since",
     .value = "TIME",
     .summary = "of a directory of soaks those that began since then; else all"},
    {.name = "--format",
     .value = "FORMAT",
     .summary = "as what; else as the output's name says, or text",
     .choices = "text|html|json|junit|markdown"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

constexpr std::array<Example, 3> kReportExamples = {{
    {.command = "leakwatch report soak", .about = "what a soak came to"},
    {.command = "leakwatch report -o morning.html soak", .about = "the same, with charts"},
    {.command = "leakwatch report --since 7d -o week.html soaks",
     .about = "the nights of a week side by side"},
}};

constexpr auto kVerbs = std::to_array<cli::Verb>({
    kWatchVerb,
    {.name = "report",
     .summary = "Writes what a soak came to, or several side by side; exits as watch does.",
     .operands = "DIR",
     .options = kReportOptions,
     .examples = kReportExamples,
     .run = report_verb},
    {.name = "serve",
     .summary = "Shows soaks live in a browser, and their figures to Prometheus.",
     .operands = "DIR...",
     .options = kServeOptions,
     .examples = kServeExamples,
     .run = serve_verb},
    {.name = "sites",
     .summary = "Tells from heap profiles over time which allocation sites grow, and how fast.",
     .operands = "DUMP|DIR...",
     .options = kSitesOptions,
     .examples = kSitesExamples,
     .run = sites_verb},
    {.name = "account",
     .summary = "Says where a live process's resident memory is: live, freed, mapped, shared.",
     .operands = "PID",
     .options = kAccountOptions,
     .examples = kAccountExamples,
     .run = account_verb},
    {.name = "simulate",
     .summary = "Judges recorded memory traces as if they happened now: each *.csv of a directory, "
                "restarts from its events.csv.",
     .operands = "DIR",
     .options = kSimulateOptions,
     .examples = kSimulateExamples,
     .run = simulate_verb},
});

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
