#pragma once

#include <array>

#include "lib/cli/tool.h"

namespace tidemark::pressure {

// `pressure run FILE`: 0: all limits held; 1: one was crossed; 2: the scenario is wrong; 3: the
// target failed; 4: no valid measurement; 5: the guard of this machine ended it.
int run_verb(const cli::Args& args);

inline constexpr auto kRunOptions = std::to_array<cli::Option>({
    {.name = "--target", .value = "URL", .summary = "instead of the scenario's target"},
    {.name = "--pid", .value = "PID", .summary = "the target's process, whose memory is watched"},
    {.name = "--rate",
     .value = "N",
     .summary = "without a scenario: requests a second, which come as they would from many users"},
    {.name = "--clients",
     .value = "N",
     .summary = "without a scenario: so many that each wait for their answer; default 10"},
    {.name = "--for",
     .value = "TIME",
     .summary = "end it then, wherever it stands; without a scenario 10s"},
    {.name = "--rehearse",
     .value = "SHARE",
     .summary = "multiply all times of stages and faults: 0.01 for a look at a long scenario"},
    {.name = "--seed", .value = "N", .summary = "instead of the scenario's"},
    {.name = "--under",
     .value = "PROFILER",
     .summary = "what slows the target down: rates are divided by how much, which is measured "
                "first, and latency limits do not apply"},
    {.name = "--i-own-this-target",
     .value = "HOST",
     .summary = "allow load on another machine than this one",
     .repeats = true},
    {.name = "--skip-impossible-faults",
     .summary = "go on when a fault cannot be injected here, for want of a permission"},
    {.name = "--plain", .summary = "a line every 10 s on a terminal too, instead of the live view"},
    {.name = "--into",
     .value = "DIR",
     .summary = "write into the run directory of another tool, which started us"},
    {.name = "--output,-o",
     .value = "DIR",
     .summary = "the run directory; default pressure-SCENARIO-TIME"},
    {.name = "--replace", .summary = "replace a former run in that directory"},
});

inline constexpr std::array<cli::Example, 4> kRunExamples = {{
    {.command = "pressure run http://127.0.0.1:8080/ --rate 200 --for 30s",
     .about = "200 requests a second for half a minute, latency from when each was due"},
    {.command = "pressure run examples/scenarios/quick.toml",
     .about = "a scenario, which starts its target itself"},
    {.command = "pressure run redis://127.0.0.1:6379 --clients 50",
     .about = "PING as fast as 50 clients can"},
    {.command = "pressure run examples/scenarios/redis.toml --target redis://127.0.0.1:6380 -- "
                "redis-server --port 6380",
     .about = "start the target, load it, watch its memory, end it"},
}};

inline constexpr cli::Verb kRunVerb = {
    .name = "run",
    .summary = "Puts a scenario's load on a target, and says how it bore it.",
    .operands = "FILE.toml|URL [-- TARGET [ARG]...]",
    .options = kRunOptions,
    .examples = kRunExamples,
    .run = run_verb};

}  // namespace tidemark::pressure
