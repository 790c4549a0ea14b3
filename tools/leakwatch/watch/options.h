#pragma once

#include <array>

#include "lib/cli/tool.h"
#include "tools/leakwatch/sites/heap_source.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {

inline constexpr auto kWatchOptions = std::to_array<cli::Option>({
    {.name = "--pid", .value = "PID", .summary = "watch this process and all that it starts"},
    {.name = "--name", .value = "REGEX", .summary = "those whose name or program matches"},
    {.name = "--cgroup", .value = "PATH", .summary = "those in a cgroup"},
    {.name = "--unit", .value = "NAME", .summary = "those of a systemd unit"},
    {.name = "--container", .value = "ID", .summary = "those of a container"},
    {.name = "--resume",
     .value = "DIR",
     .summary = "go on with a soak whose watcher died, as it was asked for"},
    {.name = "--load",
     .value = "CMD|FILE.toml",
     .summary = "put load on the target all the while: a command, or a scenario of pressure"},
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
    {.name = "--metric",
     .value = "NAME=URL#PLACE",
     .summary = "a number of the service: a JSON pointer or a Prometheus name; 'requests' counts "
                "the load",
     .repeats = true},
    {.name = "--stop-on",
     .value = "WHAT",
     .summary = "end early at leak:CONFIDENCE (leak: 0.999), or at a limit",
     .repeats = true},
    {.name = "--on-alarm",
     .value = "COMMAND",
     .summary = "run at a limit or a leak; TIDEMARK_ALARM says which"},
    {.name = "--webhook", .value = "URL", .summary = "POST verdict.json there then"},
    {.name = "--evidence",
     .value = "KIND",
     .summary = "take then: snapshot (of /proc), gcore (stops the target), vgdb",
     .repeats = true},
    {.name = "--restart-within",
     .value = "TIME",
     .summary = "how long to wait for a target that is gone to be started again",
     .fallback = "5m"},
    {.name = "--sites",
     .value = "SOURCE",
     .summary = "name the allocation sites that grow: heap starts the target with our sampling "
                "agent in it (about 1 %), auto finds the best way into one that runs, gperftools "
                "counts every allocation of a command, which costs it much time",
     .choices = kHeapSourceChoices},
    {.name = "--sites-every",
     .value = "TIME",
     .summary = "between dumps at first; doubled whenever there are more than 48",
     .fallback = "10s"},
    {.name = "--sites-mean",
     .value = "SIZE",
     .summary = "bytes between two samples of the agent: 512KiB unless it was told otherwise"},
    {.name = "--max-overhead",
     .value = "PERCENT",
     .summary = "of the target's CPU time that the agent may take before it samples less: 0.5%"},
    {.name = "--no-smaps", .summary = "never read smaps, which stalls mmap in the target"},
    {.name = "--compress",
     .value = "N",
     .summary = "a second counts as N: for the load of a day in minutes",
     .fallback = "1"},
    {.name = "--plain", .summary = "a line a minute on a terminal too, instead of the live view"},
    {.name = "--output,-o", .value = "DIR", .summary = "the run directory to make"},
    {.name = "--force", .summary = "replace a former run there"},
});

inline constexpr std::array<cli::Example, 4> kWatchExamples = {{
    {.command = "leakwatch watch --pid $(pidof redis-server) --for 24h -o soak",
     .about = "a day's soak of a service that runs"},
    {.command = "leakwatch watch --for 90m --max-rss 1GB --stop-on limit -- redis-server --port 0",
     .about = "start it, watch it, end it"},
    {.command = "leakwatch watch --pid $(pidof redis-server) --sites auto --for 2h -o sites",
     .about = "and name the allocation sites that grow"},
    {.command = "leakwatch watch --unit nginx --for 8h --stop-on leak:0.999 -o night",
     .about = "a night, or until a leak is certain"},
}};

inline constexpr cli::Verb kWatchVerb = {
    .name = "watch",
    .summary = "Watches the memory of a service, and decides whether it leaks.",
    .operands = "[-- TARGET [ARG]...]",
    .options = kWatchOptions,
    .examples = kWatchExamples,
    .run = watch_verb};

}  // namespace tidemark::leakwatch
