#include "tools/memprof/settings.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <csignal>
#include <ctime>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/process/command.h"
#include "lib/process/guard.h"
#include "lib/process/load.h"
#include "lib/process/words.h"
#include "tools/memprof/backends/backends.h"

namespace tidemark::memprof {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kReadyWithin{30};  // of a service without a profiler

struct SignalName {
  std::string_view name;
  int number;
};

constexpr std::array<SignalName, 7> kSignals = {{{"TERM", SIGTERM},
                                                 {"INT", SIGINT},
                                                 {"QUIT", SIGQUIT},
                                                 {"HUP", SIGHUP},
                                                 {"USR1", SIGUSR1},
                                                 {"USR2", SIGUSR2},
                                                 {"KILL", SIGKILL}}};

// "SIGINT", "INT", "int" or "2".
int signal_of(std::string_view text) {
  std::string name;
  for (const char c : text) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const SignalName& signal : kSignals) {
    if (signal.name == name) return signal.number;
  }
  const auto number = to_number(text);
  if (number && *number > 0 && *number <= 64) return static_cast<int>(*number);
  throw UsageError(fmt::format("--stop-signal: expected a signal such as TERM or INT, found {}",
                               tidemark::quoted(text)));
}

const Preset* choose_preset(const cli::Args& args, Settings& settings) {
  const Preset* preset = nullptr;
  std::string how = "by the executable's name";
  if (args.given("--profile-for")) {
    if (args.value("--profile-for") == "none") return nullptr;
    preset = &preset_named(args.value("--profile-for"));
    how = "as --profile-for says";
  } else if (!settings.target.empty()) {
    preset = preset_for(settings.target);
  }
  if (preset != nullptr) {
    settings.notes.push_back(fmt::format("preset {}, {}: {}; --profile-for none turns it off",
                                         preset->name, how, preset->because));
  }
  return preset;
}

// "memprof-redis-server-memcheck-20261121-081500".
std::filesystem::path default_output(const Settings& settings) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  const std::string what = settings.attach
                               ? fmt::format("{}", *settings.attach)
                               : std::filesystem::path(settings.target[0]).filename().string();
  return fmt::format("memprof-{}-{}-{}", what, settings.backend->name,
                     std::string_view(stamp.data(), length));
}

void take_target(const cli::Args& args, Settings& settings) {
  settings.target = args.rest();
  if (args.given("--attach")) {
    if (!settings.target.empty()) {
      throw UsageError("--attach and a target after -- exclude each other");
    }
    settings.attach = static_cast<pid_t>(
        cli::count_of(args.value("--attach"), "--attach", {.low = 2, .high = 1 << 22}));
    return;
  }
  if (settings.target.empty() || settings.target[0].empty()) {
    throw UsageError("expected a target to run after --",
                     "memprof run --with memcheck -- ./server --port 8080");
  }
  if (!find_program(settings.target[0])) {
    throw Error(fmt::format("the target {} is neither an executable file nor a program in PATH",
                            tidemark::quoted(settings.target[0])));
  }
}

// How long the target may take to become ready: what the user said, or what a
// service takes by itself times what the profiler and the preset make of it.
milliseconds ready_limit(const cli::Args& args, const Settings& settings) {
  if (args.given("--ready-within")) {
    return cli::duration_of(args.value("--ready-within"), "--ready-within");
  }
  double factor = settings.backend->slow_down;
  const bool threads = settings.backend->name == "helgrind" || settings.backend->name == "drd";
  if (threads && settings.preset != nullptr) factor *= settings.preset->helgrind_start;
  return std::chrono::duration_cast<milliseconds>(kReadyWithin * factor);
}

void take_times(const cli::Args& args, Settings& settings) {
  settings.ready_within = ready_limit(args, settings);
  if (args.given("--for")) settings.run_for = cli::duration_of(args.value("--for"), "--for");
  if (args.given("--snapshot-every")) {
    settings.snapshot_every = cli::duration_of(args.value("--snapshot-every"), "--snapshot-every");
    if (settings.backend->probe == Probe::kNone ||
        settings.backend->probe == Probe::kProfilingSignal) {
      throw UsageError(
          fmt::format("--snapshot-every: {} has no intermediate results", settings.backend->name),
          "memcheck, massif, heap and gperf-heap have");
    }
  }
  settings.stop.grace = cli::duration_of(args.value("--grace"), "--grace");
  if (settings.preset != nullptr) settings.stop.signal = settings.preset->stop_signal;
  if (args.given("--stop-signal")) settings.stop.signal = signal_of(args.value("--stop-signal"));
}

// --mean and --heap-file, in the agent's words; sizes have our units.
void take_heap_options(const cli::Args& args, Settings& settings) {
  constexpr std::int64_t kLeastFile = std::int64_t{1} << 20;
  constexpr std::array<std::pair<const char*, const char*>, 2> kOptions = {
      {{"--mean", "mean"}, {"--heap-file", "size"}}};
  for (const auto& [option, key] : kOptions) {
    if (!args.given(option)) continue;
    if (settings.backend->name != "heap") {
      throw UsageError(fmt::format("{} goes with --with heap only", option));
    }
    const std::int64_t bytes = cli::bytes_of(args.value(option), option);
    if (bytes < 1 || (key == std::string_view("size") && bytes < kLeastFile)) {
      throw UsageError(fmt::format("{}: expected at least {}, found {}", option,
                                   key == std::string_view("size") ? "1MiB" : "1",
                                   tidemark::quoted(args.value(option))));
    }
    settings.options.push_back(fmt::format("{}={}", key, bytes));
  }
}

// A scenario writes into our run directory, and goes easy on a target that is slowed down.
void take_load(const std::string& text, Settings& settings) {
  LoadCommand load = parse_load(text);
  settings.load = std::move(load.arguments);
  settings.scenario = load.scenario;
  if (!load.scenario) return;
  settings.load.insert(settings.load.end(), {"--into", settings.output.string()});
  if (settings.backend->slow_down > 1) {
    settings.load.insert(settings.load.end(), {"--under", std::string(settings.backend->name)});
  }
}

}  // namespace

Settings settings_from(const cli::Args& args) {
  Settings settings;
  settings.backend = &backend_named(args.value("--with"));
  take_target(args, settings);
  settings.preset = choose_preset(args, settings);
  take_times(args, settings);
  settings.options = args.values("--profiler-option");
  take_heap_options(args, settings);
  const char* const by_default = args.given("--load") ? "auto" : "none";
  settings.ready = parse_readiness(args.given("--ready") ? args.value("--ready") : by_default);
  if (settings.preset != nullptr && settings.backend->program == "valgrind") {
    settings.open_files = open_files_for(*settings.preset, settings.target);
    if (settings.open_files != 0) {
      settings.notes.push_back(fmt::format(
          "open files limited to {}: the target's connections and the 12 that valgrind keeps",
          settings.open_files));
    }
  }
  settings.max_memory = cli::percent_of(args.value("--max-memory"), "--max-memory");
  if (args.given("--max-cpu-pressure")) {
    settings.max_cpu_pressure =
        cli::percent_of(args.value("--max-cpu-pressure"), "--max-cpu-pressure");
    if (!read_host().cpu_pressure) {
      throw Error("--max-cpu-pressure: this kernel does not say (no /proc/pressure/cpu)",
                  "boot it with psi=1, or leave the option out");
    }
  }
  settings.judging = {.suppressions = args.value("--suppressions"),
                      .baseline = args.value("--baseline")};
  settings.output = args.given("--output") ? std::filesystem::path(args.value("--output"))
                                           : default_output(settings);
  if (args.given("--load")) take_load(args.value("--load"), settings);
  if (args.given("--replace")) settings.former = FormerRun::kReplace;
  return settings;
}

}  // namespace tidemark::memprof
