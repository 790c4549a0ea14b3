#include "tools/flamegraph/inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/analyze/findings_profile.h"
#include "lib/analyze/merge.h"
#include "lib/analyze/value_names.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/terminal.h"
#include "lib/report/amounts.h"
#include "lib/run/run_directory.h"
#include "lib/symbolize/symbolize.h"
#include "parsers/formats.h"

namespace tidemark::flamegraph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProfile = "profile.pb.gz";

// A profile of each event, process or snapshot of one input, with its name.
struct Source {
  std::string name;
  std::vector<Profile> profiles;
};

Source read_source(const std::string& path, const std::string& format) {
  const File file = read_file(path);
  cli::ProgressLine progress;
  progress.show(fmt::format("reading {}, {}", file.name(),
                            bytes_text(static_cast<std::int64_t>(file.bytes().size()))));
  Recording recording = parse(file, format);
  progress.clear();
  for (const std::string& warning : recording.warnings) warn(warning);
  if (recording.profiles.empty()) {
    if (auto stacks = profile_of(recording.findings)) {
      recording.profiles.push_back(std::move(*stacks));
    }
  }
  return {.name = file.name(), .profiles = std::move(recording.profiles)};
}

// The stacks that a run of memprof left: its profile, else what its profiler wrote.
Source read_run_stacks(const std::string& path, const std::string& format) {
  const StoredRun stored = read_run(path);
  if (fs::exists(stored.directory / kProfile)) {
    return read_source((stored.directory / kProfile).string(), format);
  }
  Source source{.name = path, .profiles = {}};
  for (const RunFile& file : stored.run.files) {
    const auto known = std::ranges::find(formats(), file.format, &Format::name);
    if (known == formats().end()) continue;
    Source one = read_source((stored.directory / file.path).string(), file.format);
    std::ranges::move(one.profiles, std::back_inserter(source.profiles));
  }
  return source;
}

bool is_run(const std::string& path) {
  std::error_code ignored;
  return path != "-" && (fs::is_directory(path, ignored) || fs::path(path).filename() == kRunFile);
}

// Whether they are one profile at different times.
bool are_snapshots(const std::vector<Profile>& profiles) {
  return profiles.size() > 1 && std::ranges::all_of(profiles, [&](const Profile& profile) {
           return !profile.at_unit.empty() && profile.value_types() == profiles[0].value_types();
         });
}

std::int64_t shown_total(const Profile& profile) {
  return profile.total().at(std::min(profile.default_value, profile.value_types().size() - 1));
}

// The snapshot that --value asks for: the last for "in-use", else the largest.
Profile snapshot(std::vector<Profile>& profiles, std::string_view value) {
  const bool last = value.starts_with("in");
  auto chosen = std::ranges::max_element(profiles, {}, shown_total);
  if (last) chosen = std::prev(profiles.end());
  return std::move(*chosen);
}

[[noreturn]] void no_such_value(const Source& source, std::string_view value) {
  std::string names;
  for (const Profile& profile : source.profiles) {
    const std::string more = value_names(profile);
    if (names.find(more) == std::string::npos) names += (names.empty() ? "" : ", ") + more;
  }
  throw UsageError(fmt::format("{} does not count {}", source.name, tidemark::quoted(value)),
                   "it counts " + names);
}

// Whether `event` is what the profile counts.
bool counts(const Profile& profile, std::string_view event) {
  const auto& types = profile.value_types();
  return profile.title == event || (!types.empty() && types.front().name == event);
}

// The first profile that was asked for, the first of all when nothing was.
std::size_t chosen_index(const Source& source, const cli::Args& args) {
  const std::string& event = args.value("--event-filter");
  const std::string& value = args.value("--value");
  std::string events;
  for (std::size_t i = 0; i < source.profiles.size(); ++i) {
    const Profile& profile = source.profiles[i];
    if (!event.empty() && !counts(profile, event)) {
      events += (events.empty() ? "" : ", ") + printable(profile.title);
      continue;
    }
    if (value.empty() || value_named(profile, value)) return i;
    if (are_snapshots(source.profiles) && (value == "peak" || value.starts_with("in"))) return i;
  }
  if (!event.empty() && !events.empty()) {
    throw UsageError(fmt::format("{} has no event {}", source.name, tidemark::quoted(event)),
                     "it has " + events);
  }
  no_such_value(source, value);
}

// The profiles of other events are left out, which the user is told.
void tell_of_others(const Source& source, const Profile& chosen, const cli::Args& args) {
  if (!args.value("--event-filter").empty() || !args.value("--value").empty()) return;
  std::string others;
  for (const Profile& profile : source.profiles) {
    if (profile.value_types() == chosen.value_types()) continue;
    const std::string title = printable(profile.title);
    if (others.find(title) == std::string::npos) others += (others.empty() ? "" : ", ") + title;
  }
  if (others.empty()) return;
  warn(fmt::format("{}: showing {}; --event-filter shows {}", source.name, printable(chosen.title),
                   others));
}

// The one profile of `source` that the options ask for.
Profile chosen_profile(Source source, const cli::Args& args) {
  if (source.profiles.empty() || source.profiles.front().value_types().empty()) {
    throw Error(fmt::format("{}: holds no call stacks", source.name));
  }
  const std::size_t index = chosen_index(source, args);
  if (are_snapshots(source.profiles)) return snapshot(source.profiles, args.value("--value"));
  const Profile& chosen = source.profiles[index];
  tell_of_others(source, chosen, args);
  std::vector<const Profile*> same;
  for (const Profile& profile : source.profiles) {
    if (profile.value_types() == chosen.value_types()) same.push_back(&profile);
  }
  return same.size() == 1 ? std::move(source.profiles[index]) : merge(same);
}

bool needs_symbols(const Profile& profile) {
  for (std::size_t i = 0; i < profile.frames(); ++i) {
    const Frame& frame = profile.frame(FrameId{static_cast<std::uint32_t>(i)});
    if (frame.function.empty() && (frame.address != 0 || frame.offset != 0)) return true;
  }
  return false;
}

Profile read_one(const std::string& path, const cli::Args& args) {
  if (path == "-" && cli::is_terminal(STDIN_FILENO)) {
    throw UsageError("standard input is a terminal", "name a file, or pipe one in");
  }
  const std::string& format = args.value("--format");
  Profile profile = chosen_profile(
      is_run(path) ? read_run_stacks(path, format) : read_source(path, format), args);
  if (!needs_symbols(profile)) return profile;
  cli::ProgressLine progress;
  progress.show("looking up symbols");
  Symbolizer symbolizer;
  Profile better = symbolized(profile, symbolizer);
  progress.clear();
  for (const std::string& warning : symbolizer.warnings()) warn(warning);
  return better;
}

Inputs with_value(Profile profile, const std::string& name, const cli::Args& args) {
  std::size_t value = std::min(profile.default_value, profile.value_types().size() - 1);
  if (const auto asked = value_named(profile, args.value("--value"))) value = *asked;
  const bool empty = [&] {
    for (std::size_t i = 0; i < profile.stacks(); ++i) {
      if (profile.self(StackId{static_cast<std::uint32_t>(i)})[value] != 0) return false;
    }
    return true;
  }();
  if (empty) {
    throw Error(
        fmt::format("{}: no stack has any {}", name, printable(profile.value_types()[value].name)),
        "it counts " + value_names(profile));
  }
  return {.profile = std::move(profile), .value = value};
}

}  // namespace

Inputs read_input(const std::string& path, const cli::Args& args) {
  return with_value(read_one(path, args), path == "-" ? "standard input" : path, args);
}

Inputs read_inputs(const cli::Args& args) {
  const std::vector<std::string>& paths = args.operands();
  if (paths.size() < 2) return read_input(args.operand_or("-"), args);
  std::vector<Profile> profiles;
  for (const std::string& path : paths) profiles.push_back(read_one(path, args));
  std::vector<const Profile*> all;
  for (const Profile& profile : profiles) all.push_back(&profile);
  return with_value(merge(all), fmt::format("{} and others", paths.front()), args);
}

bool listed_formats(const cli::Args& args) {
  if (!args.given("--list-formats")) return false;
  std::string list;
  for (const Format* format : formats()) {
    list += fmt::format("{:<16}{}\n", format->name, format->summary);
  }
  write_file("-", list);
  return true;
}

void warn(const std::string& text) {
  fmt::print(stderr, "flamegraph: warning: {}\n", printable(text));
}

}  // namespace tidemark::flamegraph
