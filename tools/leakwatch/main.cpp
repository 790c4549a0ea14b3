#include <array>

#include "lib/cli/tool.h"
#include "tools/leakwatch/account/options.h"
#include "tools/leakwatch/sites/options.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

using cli::Example;
using cli::Option;

constexpr auto kWatchOptions = std::to_array<Option>({
    {.name = "--pid", .value = "PID", .summary = "watch this process and all that it starts"},
    {.name = "--name", .value = "REGEX", .summary = "those whose name or program matches"},
    {.name = "--cgroup", .value = "PATH", .summary = "those in a cgroup"},
    {.name = "--unit", .value = "NAME", .summary = "those of a systemd unit"},
    {.name = "--container", .value = "ID", .summary = "those of a container"},
    {.name = "--for",
     .value = "TIME",
     .summary = "how long; else until it is interrupted or the target is gone"},
    {.name = "--every", .value = "TIME", .summary = "how often to look", .fallback = "1s"},
    {.name = "--max-growth",
     .value = "SIZE/24h",
     .summary = "the gate: slower growth is tolerated",
     .fallback = "50MB/24h"},
    {.name = "--max-rss", .value = "SIZE", .summary = "alarm beyond this resident memory"},
    {.name = "--max-anon", .value = "SIZE", .summary = "the same for anonymous memory"},
    {.name = "--max-pss", .value = "SIZE", .summary = "the same for shared pages in proportion"},
    {.name = "--max-swap", .value = "SIZE", .summary = "the same for swap"},
    {.name = "--max-fds", .value = "N", .summary = "the same for open files"},
    {.name = "--max-threads", .value = "N", .summary = "the same for threads"},
    {.name = "--max-processes", .value = "N", .summary = "the same for processes"},
    {.name = "--stop-on",
     .value = "WHAT",
     .summary = "end early at leak:CONFIDENCE (leak: 0.999), or at a limit",
     .repeats = true},
    {.name = "--restart-within",
     .value = "TIME",
     .summary = "how long to wait for a target that is gone to be started again",
     .fallback = "5m"},
    {.name = "--no-smaps", .summary = "never read smaps, which stalls mmap in the target"},
    {.name = "--compress",
     .value = "N",
     .summary = "a second counts as N: for the load of a day in minutes",
     .fallback = "1"},
    {.name = "--plain", .summary = "a line a minute on a terminal too, instead of the live view"},
    {.name = "--output,-o", .value = "DIR", .summary = "the run directory to make"},
    {.name = "--force", .summary = "replace a former run there"},
});

constexpr std::array<Example, 3> kWatchExamples = {{
    {.command = "leakwatch watch --pid $(pidof redis-server) --for 24h -o soak",
     .about = "a day's soak of a service that runs"},
    {.command = "leakwatch watch --for 90m --max-rss 1GB --stop-on limit -- redis-server --port 0",
     .about = "start it, watch it, end it"},
    {.command = "leakwatch watch --unit nginx --for 8h --stop-on leak:0.999 -o night",
     .about = "a night, or until a leak is certain"},
}};

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

constexpr auto kVerbs = std::to_array<cli::Verb>({
    {.name = "watch",
     .summary = "Watches the memory of a service, and decides whether it leaks.",
     .operands = "[-- TARGET [ARG]...]",
     .options = kWatchOptions,
     .examples = kWatchExamples,
     .run = watch_verb},
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
