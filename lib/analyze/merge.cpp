#include "lib/analyze/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/analyze/mapped_stacks.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

std::string types_of(const Profile& profile) {
  std::string text;
  for (const ValueType& type : profile.value_types()) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", type.name, type.unit);
  }
  return text;
}

std::vector<ValueType> all_types(const std::vector<const Profile*>& profiles) {
  std::vector<ValueType> types = profiles.front()->value_types();
  for (const Profile* profile : profiles) {
    const std::vector<ValueType>& more = profile->value_types();
    const bool shares = std::ranges::any_of(
        more, [&](const ValueType& type) { return std::ranges::find(types, type) != types.end(); });
    if (!shares) {
      throw Error(fmt::format("cannot merge a profile of {} with one of {}",
                              types_of(*profiles.front()), types_of(*profile)));
    }
    for (const ValueType& type : more) {
      if (std::ranges::find(types, type) == types.end()) types.push_back(type);
    }
  }
  return types;
}

Frame without_address(const Frame& frame) {
  Frame same = frame;
  if (!same.function.empty() || same.offset != 0) same.address = 0;
  if (!same.function.empty() && same.line > 0) same.offset = 0;
  return same;
}

void describe_whole(Profile& whole, const std::vector<const Profile*>& profiles) {
  const Profile& first = *profiles.front();
  whole.title = first.title;
  whole.default_value = first.default_value;
  whole.pid = first.pid;
  whole.at = first.at;
  whole.at_unit = first.at_unit;
  for (const Profile* profile : profiles) {
    if (profile->pid != whole.pid) whole.pid = 0;
    if (profile->at_unit == whole.at_unit) whole.at = std::max(whole.at, profile->at);
    whole.duration_ns = std::max(whole.duration_ns, profile->duration_ns);
    for (const Mapping& mapping : profile->mappings) {
      if (std::ranges::find(whole.mappings, mapping) == whole.mappings.end()) {
        whole.mappings.push_back(mapping);
      }
    }
  }
}

// Whether the samples of both, which are of the default value type, count the same.
bool same_default(const Profile& a, const Profile& b) {
  const auto& a_types = a.value_types();
  const auto& b_types = b.value_types();
  return a.default_value < a_types.size() && b.default_value < b_types.size() &&
         a_types[a.default_value] == b_types[b.default_value];
}

// Adds the samples of `profile` to `whole`, whose stack for stack i is stacks[i].
void add_samples(Profile& whole, const Profile& profile, const std::vector<StackId>& stacks) {
  std::vector<std::size_t> place;  // of each of its value types among all
  for (const ValueType& type : profile.value_types()) {
    place.push_back(static_cast<std::size_t>(std::ranges::find(whole.value_types(), type) -
                                             whole.value_types().begin()));
  }
  std::vector<std::int64_t> values(whole.value_types().size());
  std::vector<double> variances(values.size());
  for (std::size_t i = 0; i < profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    for (std::size_t v = 0; v < place.size(); ++v) {
      values[place[v]] = profile.self(stack)[v];
      variances[place[v]] = profile.variance(stack, v);
    }
    whole.add(stacks[i], values);
    if (profile.sampled()) whole.add_variance(stacks[i], variances);
  }
}

}  // namespace

Profile merge(const std::vector<const Profile*>& profiles) {
  assert(!profiles.empty());
  Profile whole(all_types(profiles));
  for (const Profile* profile : profiles) {
    const std::vector<StackId> stacks = mapped_stacks(*profile, whole, without_address);
    add_samples(whole, *profile, stacks);
    if (!same_default(*profile, *profiles.front())) continue;
    for (Moment moment : profile->timeline) {
      moment.stack = stacks[static_cast<std::size_t>(moment.stack)];
      whole.timeline.push_back(moment);
    }
  }
  std::ranges::stable_sort(whole.timeline, {}, &Moment::at);
  describe_whole(whole, profiles);
  return whole;
}

}  // namespace tidemark
