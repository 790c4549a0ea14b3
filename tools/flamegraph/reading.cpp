#include "tools/flamegraph/reading.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <thread>
#include <utility>

#include "lib/analyze/annotate.h"
#include "lib/analyze/findings_profile.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/terminal.h"
#include "lib/cli/values.h"
#include "lib/report/amounts.h"
#include "lib/run/run_directory.h"
#include "lib/symbolize/perf_symbols.h"
#include "lib/symbolize/symbolize.h"
#include "parsers/collapsed.h"
#include "parsers/formats.h"
#include "parsers/perf_data.h"
#include "parsers/perf_script.h"
#include "tools/flamegraph/inlines.h"
#include "tools/flamegraph/unwinding.h"

namespace tidemark::flamegraph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProfile = "profile.pb.gz";
constexpr std::string_view kPerfScript = "perf-script";
constexpr std::string_view kPerfData = "perf-data";
constexpr std::string_view kCollapsed = "collapsed";

bool by_tid(const cli::Args& args, const ReadingOptions& options) {
  return args.given("--tid") || (options.by_thread && !args.given("--pid"));
}

PerfScriptOptions perf_script_options(const cli::Args& args, const ReadingOptions& options) {
  using Rules = PerfScriptOptions::Rules;
  const std::string& compat = args.value("--compat");
  const bool all = args.given("--all");
  return {.rules = compat == "flamegraph" ? Rules::kFlameGraph
                   : compat == "inferno"  ? Rules::kInferno
                                          : Rules::kBest,
          .pid = args.given("--pid"),
          .tid = by_tid(args, options),
          .inlined = args.given("--inline"),
          .kernel = all || args.given("--kernel"),
          .jit = all || args.given("--jit"),
          .addrs = args.given("--addrs"),
          .context = args.given("--context"),
          .srcline = args.given("--srcline"),
          .event_filter = args.value("--event-filter"),
          .threads = threads_of(args),
          .keep_time = options.keep_time,
          .places = options.places};
}

bool needs_symbols(const Profile& profile) {
  for (std::size_t i = 0; i < profile.frames(); ++i) {
    const Frame& frame = profile.frame(FrameId{static_cast<std::uint32_t>(i)});
    if (frame.function.empty() && (frame.address != 0 || frame.offset != 0)) return true;
  }
  return false;
}

// `path` is where the profiles are from: a file seen through /proc/PID/root is of a program
// whose own files are there too.
void add_symbols(std::vector<Profile>& profiles, const fs::path& path) {
  Symbolizer symbolizer;
  symbolizer.look_below(process_root_of(path));
  cli::ProgressLine progress;
  for (Profile& profile : profiles) {
    if (!needs_symbols(profile)) continue;
    progress.show("looking up symbols");
    profile = symbolized(profile, symbolizer);
  }
  progress.clear();
  for (const std::string& warning : symbolizer.warnings()) warn(warning);
}

Opened open_path(const std::string& path, const std::string& format) {
  if (path == "-" && cli::is_terminal(STDIN_FILENO)) {
    throw UsageError("standard input is a terminal", "name a file, or pipe one in");
  }
  return open(read_file(path), format);
}

// The profiles of a recording whose warnings are told.
Source source_of(const std::string& name, Recording recording) {
  for (const std::string& warning : recording.warnings) warn(warning);
  if (recording.profiles.empty()) {
    if (auto stacks = profile_of(recording.findings)) {
      recording.profiles.push_back(std::move(*stacks));
    }
  }
  if (recording.profiles.empty() || recording.profiles.front().value_types().empty()) {
    throw Error(fmt::format("{}: holds no call stacks", name));
  }
  return {.name = name, .profiles = std::move(recording.profiles)};
}

void show_reading(cli::ProgressLine& progress, const Opened& opened) {
  progress.show(fmt::format("reading {}, {}", opened.file.name(),
                            bytes_text(static_cast<std::int64_t>(opened.file.bytes().size()))));
}

Source read_opened(const Opened& opened, const ReadingOptions& options) {
  cli::ProgressLine progress;
  show_reading(progress, opened);
  const bool in_order = options.keep_order && opened.format->name == kCollapsed;
  Recording recording = in_order ? parse_collapsed_in_order(opened.file.input()) : parse(opened);
  progress.clear();
  Source source = source_of(opened.file.name(), std::move(recording));
  add_symbols(source.profiles, opened.file.name());
  return source;
}

Source read_perf_scripts(const std::vector<Opened>& opened, PerfScriptOptions options) {
  std::vector<Input> inputs;
  cli::ProgressLine progress;
  for (const Opened& one : opened) {
    show_reading(progress, one);
    inputs.push_back(one.file.input());
  }
  Inlines inlines;
  options.inlined_at = [&](const std::string& module, std::uint64_t address,
                           std::string_view symbol) { return inlines.at(module, address, symbol); };
  Recording recording = parse_perf_script(inputs, options);
  std::ranges::copy(inlines.warnings(), std::back_inserter(recording.warnings));
  progress.clear();
  for (const Opened& one : opened) {
    if (!one.damage.empty()) recording.warnings.push_back(one.damage);
  }
  const std::string name =
      fmt::format("{}{}", opened.front().file.name(), opened.size() > 1 ? " and others" : "");
  Source source = source_of(name, std::move(recording));
  source.by_process = true;
  return source;
}

void refuse_missing(const cli::Args& args, const char* option, bool directory) {
  if (!args.given(option)) return;
  const std::string& path = args.value(option);
  std::error_code ignored;
  if (directory ? fs::is_directory(path, ignored) : fs::is_regular_file(path, ignored)) return;
  // /proc/kallsyms is a regular file as well.
  throw UsageError(
      fmt::format("{} {}: no such {}", option, path, directory ? "directory" : "file"));
}

PerfSymbolOptions symbol_options(const cli::Args& args) {
  refuse_missing(args, "--kallsyms", false);
  refuse_missing(args, "--vmlinux", false);
  refuse_missing(args, "--symfs", true);
  const auto given = [&](const char* option) {
    return args.given(option) ? fs::path(args.value(option)) : fs::path();
  };
  return {.inlines = args.given("--inline"),
          .addresses = args.given("--addrs"),
          .root = given("--symfs"),
          .kallsyms = given("--kallsyms"),
          .vmlinux = given("--vmlinux")};
}

// Code made at run time is called as folded perf script has it, like all other code.
std::vector<Frame> as_folded(std::vector<Frame> frames) {
  if (frames.size() != 1 || !is_runtime_code(frames.front().module)) return frames;
  std::vector<std::string> names = folded_runtime_names(frames.front().function);
  std::ranges::reverse(names);
  frames.resize(names.size(), frames.front());
  for (std::size_t i = 0; i < names.size(); ++i) frames[i].function = std::move(names[i]);
  return frames;
}

Source read_perf_data(const Opened& opened, const cli::Args& args, const ReadingOptions& options) {
  cli::ProgressLine progress;
  show_reading(progress, opened);
  const PerfSymbolOptions where = symbol_options(args);
  Unwinding unwinding(where.root);
  PerfSymbols symbols(where);
  Recording recording = parse_perf_data(opened.file.input(),
                                        {.name_place =
                                             [&](const Mapping& module, const Frame& place) {
                                               return as_folded(symbols.frames_at(module, place));
                                             },
                                         .unwinder = unwinding.maker(),
                                         .pid = args.given("--pid"),
                                         .tid = by_tid(args, options),
                                         .keep_time = options.keep_time,
                                         .threads = threads_of(args)});
  std::ranges::move(unwinding.warnings(), std::back_inserter(recording.warnings));
  std::ranges::move(symbols.warnings(), std::back_inserter(recording.warnings));
  if (!opened.damage.empty()) recording.warnings.push_back(opened.damage);
  progress.clear();
  Source source = source_of(opened.file.name(), std::move(recording));
  source.by_process = true;
  const bool all = args.given("--all");
  const Annotations annotations{.kernel = all || args.given("--kernel"),
                                .jit = all || args.given("--jit"),
                                .inlined = args.given("--inline")};
  for (Profile& profile : source.profiles) annotate(profile, annotations);
  return source;
}

bool is_run(const std::string& path) {
  std::error_code ignored;
  return path != "-" && (fs::is_directory(path, ignored) || fs::path(path).filename() == kRunFile);
}

// The stacks that a run of memprof left: its profile, else what its profiler wrote.
Source read_run_stacks(const std::string& path) {
  const StoredRun stored = read_run(path);
  if (fs::exists(stored.directory / kProfile)) {
    return read_opened(open_path((stored.directory / kProfile).string(), "auto"), {});
  }
  Source source{.name = path, .profiles = {}};
  for (const RunFile& file : stored.run.files) {
    if (std::ranges::find(formats(), file.format, &Format::name) == formats().end()) continue;
    Source one = read_opened(open_path((stored.directory / file.path).string(), file.format), {});
    std::ranges::move(one.profiles, std::back_inserter(source.profiles));
  }
  if (source.profiles.empty()) throw Error(fmt::format("{}: the run left no call stacks", path));
  return source;
}

}  // namespace

std::size_t threads_of(const cli::Args& args) {
  if (!args.given("--threads")) return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(
      cli::count_of(args.value("--threads"), "--threads", {.low = 1, .high = 256}));
}

std::vector<Source> read_sources(const std::vector<std::string>& paths, const cli::Args& args,
                                 const ReadingOptions& options) {
  const PerfScriptOptions perf_options = perf_script_options(args, options);
  std::vector<Source> sources;
  std::vector<Opened> perf_scripts;
  for (const std::string& path : paths) {
    if (is_run(path)) {
      sources.push_back(read_run_stacks(path));
      continue;
    }
    Opened opened = open_path(path, args.value("--format"));
    if (opened.format->name == kPerfScript) {
      perf_scripts.push_back(std::move(opened));
    } else if (opened.format->name == kPerfData) {
      sources.push_back(read_perf_data(opened, args, options));
    } else {
      sources.push_back(read_opened(opened, options));
    }
  }
  if (!perf_scripts.empty()) {
    sources.push_back(read_perf_scripts(perf_scripts, perf_options));
  }
  return sources;
}

void warn(const std::string& text) {
  fmt::print(stderr, "flamegraph: warning: {}\n", printable(text));
}

}  // namespace tidemark::flamegraph
