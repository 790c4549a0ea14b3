#include <array>

#include "lib/cli/tool.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

using cli::Example;
using cli::Option;

constexpr Option kBaseline = {.name = "--baseline",
                              .value = "RUN|FILE",
                              .summary = "say which findings are new, known and fixed since then"};
constexpr Option kSuppressions = {.name = "--suppressions",
                                  .value = "FILE",
                                  .summary = "TOML file with what not to report, and who says so"};
constexpr Option kAllFrames = {.name = "--all-frames",
                               .summary = "show the frames of allocators and the runtime"};

constexpr Option kWith = {
    .name = "--with",
    .value = "PROFILER",
    .summary = "the profiler; `memprof backends` says what is installed",
    .fallback = "memcheck",
    .choices =
        "memcheck|massif|helgrind|drd|dhat|heap|gperf-heap|gperf-cpu|heaptrack|perf|lsan-log"};

constexpr std::array<Option, 20> kRunOptions = {{
    kWith,
    {.name = "--load",
     .value = "CMD|FILE.toml",
     .summary = "put load on the target once it is ready: a command, or a scenario of pressure"},
    {.name = "--ready",
     .value = "WHEN",
     .summary = "tcp:[HOST:]PORT, http://..., output:REGEX, command:CMD, none; auto with --load"},
    {.name = "--ready-within",
     .value = "TIME",
     .summary = "give up when it is not ready by then; default 30s times the slow-down"},
    {.name = "--for",
     .value = "TIME",
     .summary = "how long to serve; default until the load or the target ends"},
    {.name = "--snapshot-every",
     .value = "TIME",
     .summary = "ask the profiler for intermediate results this often"},
    {.name = "--mean",
     .value = "BYTES",
     .summary = "heap: bytes between two samples on average; default 512KiB"},
    {.name = "--heap-file",
     .value = "BYTES",
     .summary = "heap: size of each process's file; default 64MiB"},
    {.name = "--stop-signal",
     .value = "SIGNAL",
     .summary = "what stops the target in order; default TERM, or the preset's"},
    {.name = "--grace",
     .value = "TIME",
     .summary = "how long it may take to stop before it is killed",
     .fallback = "60s"},
    {.name = "--profile-for",
     .value = "NAME",
     .summary = "the preset of a service, or none; default by the executable's name"},
    {.name = "--profiler-option",
     .value = "OPTION",
     .summary = "one more option for the profiler",
     .repeats = true},
    kBaseline,
    kSuppressions,
    {.name = "--max-memory",
     .value = "PERCENT",
     .summary = "stop the run when this much of the machine's memory is in use",
     .fallback = "85%"},
    {.name = "--max-cpu-pressure",
     .value = "PERCENT",
     .summary = "stop the run when something waited for a CPU in so much of the last 10 s; "
                "default no limit"},
    {.name = "--attach",
     .value = "PID",
     .summary = "look at a process that runs: perf, or memcheck of a valgrind process; see attach"},
    {.name = "--output,-o",
     .value = "DIR",
     .summary = "the run directory; default memprof-TARGET-PROFILER-TIME"},
    {.name = "--replace", .summary = "replace a former run in that directory"},
    kAllFrames,
}};

constexpr std::array<Example, 2> kRunExamples = {{
    {.command = "memprof run -- ls /tmp", .about = "leaks and invalid memory use of a program"},
    {.command = "memprof run --ready tcp:6380 --load \"redis-benchmark -p 6380 -n 1000 -q\" "
                "-- redis-server --port 6380",
     .about = "a service under load"},
}};

constexpr std::array<Option, 7> kReportOptions = {{
    {.name = "--format",
     .value = "FORMAT",
     .summary = "how to write it",
     .fallback = "text",
     .choices = "text|html|json|sarif|junit|markdown|pprof|folded|flamegraph|suppressions"},
    {.name = "--root",
     .value = "DIR",
     .summary = "where the program's own files are, for symbols of a file from a container: its "
                "/proc/PID/root, or its image unpacked"},
    {.name = "--value",
     .value = "NAME",
     .summary = "what of a profile to show: in-use, allocated, temporary or peak, each also with "
                "-objects; default what it is about"},
    kAllFrames,
    kBaseline,
    kSuppressions,
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

constexpr std::array<Example, 2> kReportExamples = {{
    {.command = "memprof report run1", .about = "what a run found"},
    {.command = "memprof report --format sarif -o leaks.sarif massif.out.4711",
     .about = "any profiler's file, as SARIF"},
}};

constexpr std::array<Option, 1> kDiffOptions = {{
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where to; - is standard output",
     .fallback = "-"},
}};

constexpr std::array<Example, 2> kDiffExamples = {{
    {.command = "memprof diff run1 run2", .about = "new, known and fixed findings"},
    {.command = "memprof diff old.heap new.heap", .about = "the same for two profiles"},
}};

constexpr std::array<Option, 2> kBackendsOptions = {{
    {.name = "--check",
     .summary = "say only whether one can profile here, and that target: exit code 3 when not"},
    kWith,
}};

constexpr std::array<Example, 3> kBackendsExamples = {{
    {.command = "memprof backends", .about = "profilers, versions, known trouble"},
    {.command = "memprof backends --check --with massif", .about = "whether that one can be used"},
    {.command = "memprof backends | grep missing", .about = "what could be installed"},
}};

constexpr std::array<Option, 5> kHeapOptions = {{
    {.name = "--mean", .value = "BYTES", .summary = "bytes between two samples from now on"},
    {.name = "--max-overhead",
     .value = "PERCENT",
     .summary = "of the process's CPU time that the agent may take; 0 for no limit"},
    {.name = "--by-thread",
     .value = "WHETHER",
     .summary = "whether stacks begin with the thread's name from now on",
     .choices = "yes|no"},
    {.name = "--tree", .summary = "the processes below PID too"},
    {.name = "--output,-o",
     .value = "FILE",
     .summary = "where a snapshot goes; default heap-PID-TIME.tmheap here"},
}};

constexpr std::array<Example, 3> kHeapExamples = {{
    {.command = "memprof heap 4711",
     .about = "what the agent in process 4711 does and what it costs"},
    {.command = "memprof heap --mean 64KiB 4711",
     .about = "sample eight times as often from now on"},
    {.command = "memprof heap -o noon.tmheap 4711 snapshot",
     .about = "keep this moment, for report, diff and flamegraph"},
}};

constexpr std::array<Option, 14> kAttachOptions = {{
    {.name = "--rung",
     .value = "NAME",
     .summary = "where to stand; auto is the best that holds",
     .fallback = "auto",
     .choices = "auto|agent|allocator|injection|uprobes|proc"},
    {.name = "--plan", .summary = "only say which rungs hold, and what would make the others"},
    {.name = "--for", .value = "TIME", .summary = "how long to stay; default until Ctrl-C"},
    {.name = "--tree", .summary = "the processes below PID too"},
    {.name = "--max-overhead",
     .value = "PERCENT",
     .summary = "of the process's CPU time that the agent may take; 0 for no limit",
     .fallback = "0.5%"},
    {.name = "--mean",
     .value = "BYTES",
     .summary = "bytes between two samples on average",
     .fallback = "512KiB"},
    {.name = "--heap-file",
     .value = "BYTES",
     .summary = "size of each process's file",
     .fallback = "64MiB"},
    {.name = "--snapshot-every",
     .value = "TIME",
     .summary = "keep a copy of what is known this often, for the growth of each site"},
    {.name = "--detach", .summary = "only end an agent that was left inside"},
    kBaseline,
    kSuppressions,
    {.name = "--output,-o",
     .value = "DIR",
     .summary = "the run directory; default memprof-PID-heap-TIME"},
    {.name = "--replace", .summary = "replace a former run in that directory"},
    kAllFrames,
}};

constexpr std::array<Example, 3> kAttachExamples = {{
    {.command = "memprof attach --plan 4711",
     .about = "what can be learned about process 4711 without a restart"},
    {.command = "memprof attach --for 60s 4711", .about = "where it allocates, for a minute"},
    {.command = "memprof attach --tree --for 60s $(pgrep -o nginx)",
     .about = "a service and its workers"},
}};

constexpr std::array<cli::Verb, 6> kVerbs = {{
    {.name = "run",
     .summary = "Runs a target under a profiler, under load, and says what it found.",
     .operands = "-- [TARGET] [ARG]...",
     .options = kRunOptions,
     .examples = kRunExamples,
     .run = run_verb},
    {.name = "report",
     .summary = "Writes what a run, or a profiler's file, holds in another format.",
     .operands = "RUN",
     .options = kReportOptions,
     .examples = kReportExamples,
     .run = report_verb},
    {.name = "diff",
     .summary = "Compares two runs or files: new, known and fixed; exits with 1 when one is new.",
     .operands = "A B",
     .options = kDiffOptions,
     .examples = kDiffExamples,
     .run = diff_verb},
    {.name = "attach",
     .summary = "Finds the allocation sites of a process that runs already, without a restart.",
     .operands = "PID",
     .options = kAttachOptions,
     .examples = kAttachExamples,
     .run = attach_verb},
    {.name = "heap",
     .summary = "Shows and controls the heap agent in a live program: status (the default), pause, "
                "resume, reset, snapshot, stop.",
     .operands = "PID|FILE [ACTION]",
     .options = kHeapOptions,
     .examples = kHeapExamples,
     .run = heap_verb},
    {.name = "backends",
     .summary = "Lists the profilers, what is installed, and known trouble with its remedy.",
     .operands = "[TARGET]",
     .options = kBackendsOptions,
     .examples = kBackendsExamples,
     .run = backends_verb},
}};

constexpr cli::Tool kTool = {
    .name = "memprof",
    .summary = "Runs a target under a memory profiler and reports what it found.",
    .verbs = kVerbs,
};

}  // namespace
}  // namespace tidemark::memprof

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::memprof::kTool, argc, argv);
}
