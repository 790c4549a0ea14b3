#include "tools/flamegraph/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "lib/analyze/annotate.h"
#include "lib/analyze/merge.h"
#include "lib/analyze/value_names.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "parsers/formats.h"

namespace tidemark::flamegraph {
namespace {

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

// Whether --value asks for something that the profile has.
bool has_value(const Source& source, const Profile& profile, const std::string& value) {
  if (value.empty() || value_named(profile, value)) return true;
  return are_snapshots(source.profiles) && (value == "peak" || value.starts_with("in"));
}

// The first profile that was asked for, the first of all when nothing was.
std::size_t chosen_index(const Source& source, const cli::Args& args) {
  const std::string& event = args.value("--event-filter");
  const std::string& value = args.value("--value");
  std::string others;
  for (std::size_t i = 0; i < source.profiles.size(); ++i) {
    const Profile& profile = source.profiles[i];
    const bool wanted = event.empty() || counts(profile, event);
    if (wanted && has_value(source, profile, value)) return i;
    if (!wanted) others += (others.empty() ? "" : ", ") + printable(profile.title);
  }
  if (others.empty()) no_such_value(source, value);
  throw UsageError(fmt::format("{} has no event {}", source.name, tidemark::quoted(event)),
                   "it has " + others);
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

bool has_any(const Profile& profile, std::size_t value) {
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    if (profile.self(StackId{i})[value] != 0) return true;
  }
  return false;
}

// Sets the value to show.
void choose_value(Inputs& inputs, const cli::Args& args) {
  const Profile& profile = inputs.profile;
  inputs.value = std::min(profile.default_value, profile.value_types().size() - 1);
  if (const auto asked = value_named(profile, args.value("--value"))) inputs.value = *asked;
  if (has_any(profile, inputs.value)) return;
  throw Error(fmt::format("{}: no stack has any {}", inputs.name,
                          printable(profile.value_types()[inputs.value].name)),
              "it counts " + value_names(profile));
}

}  // namespace

Inputs read_inputs(const std::vector<std::string>& paths, const cli::Args& args,
                   const ReadingOptions& options) {
  std::vector<Source> sources = read_sources(paths, args, options);
  std::vector<Profile> profiles;
  std::string name;
  bool by_process = true;
  const PlaceAnnotations places{.addrs = args.given("--addrs"),
                                .context = args.given("--context") && args.given("--inline")};
  for (Source& source : sources) {
    if (source.by_process && (places.addrs || places.context)) {
      for (Profile& profile : source.profiles) annotate_places(profile, places);
    }
    name += (name.empty() ? "" : ", ") + source.name;
    by_process = by_process && source.by_process;
    profiles.push_back(chosen_profile(std::move(source), args));
  }
  std::vector<const Profile*> all;
  all.reserve(profiles.size());
  for (const Profile& profile : profiles) all.push_back(&profile);
  Inputs inputs{.profile = all.size() == 1 ? std::move(profiles.front()) : merge(all),
                .name = std::move(name),
                .by_process = by_process};
  choose_value(inputs, args);
  return inputs;
}

Inputs read_inputs(const cli::Args& args, const ReadingOptions& options) {
  return read_inputs(args.operands().empty() ? std::vector<std::string>{"-"} : args.operands(),
                     args, options);
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

}  // namespace tidemark::flamegraph
