#include "parsers/perf_data_profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace tidemark {
namespace {

std::vector<ValueType> value_types_of(const PerfEvent& event, bool off_cpu) {
  std::vector<ValueType> types = {{.name = event.name, .unit = perf_event_unit(event)},
                                  {.name = "samples", .unit = "count"}};
  if (off_cpu) types.push_back({.name = "off-cpu", .unit = "nanoseconds"});
  return types;
}

}  // namespace

PerfProfile::PerfProfile(const PerfEvent& event, const Source& source, Options options)
    : source_(source), profile_(value_types_of(event, options.off_cpu)), options_(options) {
  profile_.title = event.name;
  if (options.off_cpu) profile_.default_value = 2;
}

StackId PerfProfile::add(const PerfStack& stack, std::int64_t off_cpu) {
  const std::size_t size = stack.frames.size();
  std::size_t shared = 0;
  if (path_.empty() || owner_ != stack.owner) {
    path_.assign(1, profile_.push(kRoot, root_frame(stack.owner)));
    owner_ = stack.owner;
  } else {
    const std::size_t most = std::min(last_.size(), size);
    while (shared < most && last_[shared] == stack.frames[size - 1 - shared]) ++shared;
    path_.resize(shared + 1);
  }
  last_.resize(shared);
  for (std::size_t i = shared; i < size; ++i) {
    const std::uint32_t number = stack.frames[size - 1 - i];
    StackId reached = path_.back();
    for (const FrameId frame : frames_of_place(number)) reached = profile_.push(reached, frame);
    path_.push_back(reached);
    last_.push_back(number);
  }
  const std::int64_t values[] = {stack.period, stack.samples, off_cpu};
  profile_.add(path_.back(), std::span(values).first(options_.off_cpu ? 3 : 2));
  return path_.back();
}

const std::vector<FrameId>& PerfProfile::frames_of_place(std::uint32_t number) {
  if (number >= frames_.size()) frames_.resize(number + 1);
  std::vector<FrameId>& ids = frames_[number];
  if (ids.empty()) {
    for (const Frame& frame : source_.places.frames(number)) ids.push_back(profile_.intern(frame));
    std::ranges::reverse(ids);
  }
  return ids;
}

FrameId PerfProfile::root_frame(const PerfOwner& owner) {
  std::string name;
  if (owner.command != PerfProcesses::kUnnamed) {
    name = source_.processes.command(owner.command);
    std::ranges::replace(name, ' ', '_');
  }
  if (name.empty()) {
    name = owner.tid == 0 ? "swapper" : fmt::format(":{}", static_cast<std::int32_t>(owner.tid));
  }
  if (options_.naming != PerfNaming::kCommand) {
    name += fmt::format("-{}", static_cast<std::int32_t>(owner.pid));
  }
  if (options_.naming == PerfNaming::kTid) {
    name += fmt::format("/{}", static_cast<std::int32_t>(owner.tid));
  }
  return profile_.intern({.function = name});
}

Profile PerfProfile::take() {
  profile_.mappings = source_.places.modules();
  return std::move(profile_);
}

}  // namespace tidemark
