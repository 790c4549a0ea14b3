// The text that `perf script` prints (checked against perf 6.1). What its lines
// look like is in perf_script_best.cpp; how stacks are named, in docs/flamegraph-folding.md.
//
// A text is cut into pieces at empty lines; each thread folds pieces into a tree
// of its own (perf_script_folder.h), and the trees become one that does not show
// who read what.

#include "parsers/perf_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "parsers/all_formats.h"
#include "parsers/perf_script_feed.h"
#include "parsers/perf_script_folder.h"
#include "parsers/perf_script_timeline.h"
#include "parsers/perf_script_warnings.h"

namespace tidemark {
namespace perf_script {
namespace {

constexpr std::size_t kMemory = std::size_t{40} << 20;  // of all threads' caches
constexpr std::string_view kExpected = "'<command> <pid> <time>: <period> <event>:'";

// Whether `lines` is at the first line of a sample.
bool is_sample(Lines& lines) {
  const auto event = kBestGrammar.event_line(lines.line());
  // A command and a number are too little to tell.
  if (!event || (event->time.empty() && event->event == "event")) return false;
  if (event->rest.size() > 1 || !lines.next()) return true;
  return lines.line().empty() || is_space(lines.line()[0]);
}

// Whether `lines` comes to an event with its time, the frame of a module below it: what
// perf said on its standard error may stand before.
bool finds_sample(Lines& lines) {
  bool below_event = false;
  do {
    const auto frame = below_event ? kBestGrammar.frame_line(lines.line()) : std::nullopt;
    if (frame && !frame->module.empty()) return true;
    const auto event = kBestGrammar.event_line(lines.line());
    below_event = event && !event->time.empty() && event->rest.size() <= 1;
  } while (lines.next());
  return false;
}

bool recognizes(std::string_view head) {
  if (head.starts_with("heap profile: ")) return false;  // of gperftools, "heap" is no command
  Lines lines("head", head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with("# captured on") || line.starts_with("# perf version")) return true;
    if (line.starts_with('#') || without_spaces_behind(line).empty()) continue;
    return is_sample(lines) || finds_sample(lines);
  }
  return false;
}

// Reads samples until it is known which event to keep.
void find_event(Feed& feed, Folder& folder, const PerfScriptOptions& options) {
  if (options.every_event) return;
  while (folder.filter().empty()) {
    const auto piece = feed.next(Feed::Size::kSmall);
    if (!piece) return;
    folder.fold(*piece);
  }
}

void fold_all(Feed& feed, Folder& folder) {
  while (const auto piece = feed.next(Feed::Size::kLarge)) {
    folder.fold(*piece);
    feed.forget(*piece);
  }
}

// Folds with a thread for each folder but the first, which is the caller's.
void fold_on_threads(Feed& feed, std::span<Folder> folders) {
  std::vector<std::exception_ptr> problems(folders.size());
  const auto work = [&](std::size_t i) noexcept {
    try {
      fold_all(feed, folders[i]);
    } catch (...) {
      problems[i] = std::current_exception();
      feed.stop();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < folders.size(); ++i) threads.emplace_back(work, i);
    work(0);
  }
  for (const std::exception_ptr& problem : problems) {
    if (problem) std::rethrow_exception(problem);
  }
}

struct Folded {
  Tree tree;
  Tallies tallies;
  std::string filter;
  std::vector<std::string> other_events;
  Timeline timeline;
};

Folded fold(std::span<const Input> inputs, const PerfScriptOptions& options, std::size_t threads) {
  Feed feed(inputs, options);
  Folded folded;
  std::vector<Folder> folders;
  folders.reserve(threads);
  folders.emplace_back(options, options.event_filter, kMemory / threads);
  if (options.keep_time) {
    folders[0].on_sample = [&](const Instant& instant) { folded.timeline.add(instant); };
  }
  find_event(feed, folders[0], options);
  for (std::size_t i = 1; i < threads; ++i) {
    folders.emplace_back(options, folders[0].filter(), kMemory / threads);
  }
  fold_on_threads(feed, folders);

  folded.filter = folders[0].filter();
  folded.tree = std::move(folders[0].tree());
  for (std::size_t i = 0; i < threads; ++i) {
    if (i > 0) folded.tree.merge(folders[i].tree());
    folded.tallies.merge(folders[i].tallies());
    std::ranges::copy(folders[i].other_events(), std::back_inserter(folded.other_events));
  }
  std::ranges::sort(folded.other_events);
  folded.other_events.erase(std::unique(folded.other_events.begin(), folded.other_events.end()),
                            folded.other_events.end());
  return folded;
}

// The caller's functions are called, and moments kept, by one thread only; more
// threads than pieces have nothing to do.
std::size_t threads_for(const Feed& feed, const PerfScriptOptions& options) {
  if (options.keep_time || options.inlined) return 1;
  return std::clamp<std::size_t>(options.threads, 1, feed.most_pieces());
}

Folded fold(std::span<const Input> inputs, const PerfScriptOptions& options) {
  const std::size_t threads = threads_for(Feed(inputs, options), options);
  const Positions positions(inputs);
  try {
    return fold(inputs, options, threads);
  } catch (const Overflow& overflow) {
    if (threads == 1) throw Error(positions.at(overflow.position, overflow.what));
  } catch (const Error&) {
    if (threads == 1) throw;
  }
  // Which sum failed first depends on the threads; one says it always alike.
  PerfScriptOptions alone = options;
  alone.threads = 1;
  return fold(inputs, alone);
}

[[noreturn]] void fail_empty(std::span<const Input> inputs, const Folded& folded) {
  if (inputs.empty()) throw Error("no text of perf script to fold");
  if (!folded.other_events.empty()) {
    throw Error(fmt::format("{}: no sample of the event {}", inputs[0].name,
                            tidemark::quoted(folded.filter)),
                fmt::format("the text has: {}", fmt::join(folded.other_events, ", ")));
  }
  if (folded.tallies.frameless.count + folded.tallies.unended.count > 0) {
    throw Error(fmt::format("{}: the rules asked for drop every sample in it", inputs[0].name),
                "fold without --compat: samples without frames or without an end then count");
  }
  Lines lines(inputs[0].name, inputs[0].bytes);
  while (lines.next()) {
    if (!lines.line().starts_with('#') && !without_spaces_behind(lines.line()).empty()) break;
  }
  lines.fail(kExpected);
}

}  // namespace
}  // namespace perf_script

Recording parse_perf_script(std::span<const Input> inputs, const PerfScriptOptions& options) {
  perf_script::Folded folded = perf_script::fold(inputs, options);
  if (folded.tree.empty()) perf_script::fail_empty(inputs, folded);
  Recording recording{.producer = "perf script"};
  perf_script::Tree::Profiles profiles =
      folded.tree.profiles(folded.filter.empty() ? "event" : folded.filter);
  folded.timeline.put(profiles);
  recording.profiles = std::move(profiles.list);
  recording.partial = folded.tallies.unrecognized.count + folded.tallies.cut.count > 0;
  recording.warnings =
      perf_script::warnings_of(folded.tallies, folded.other_events, inputs, options.rules);
  if (const std::string thinned = folded.timeline.warning(); !thinned.empty()) {
    recording.warnings.push_back(thinned);
  }
  return recording;
}

namespace perf_script {
namespace {

Recording parse(const Input& input) {
  return parse_perf_script({&input, 1},
                           {.threads = std::max(1U, std::thread::hardware_concurrency()),
                            .every_event = true,
                            .places = true});
}

}  // namespace
}  // namespace perf_script

constinit const Format kPerfScriptFormat = {
    .name = "perf-script",
    .summary = "the text of perf script: samples with their call chains",
    .recognizes = perf_script::recognizes,
    .parse = perf_script::parse,
};

}  // namespace tidemark
