#include "lib/analyze/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/analyze/mapped_stacks.h"
#include "lib/analyze/names.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

// The places of the common value types in both.
struct Common {
  std::vector<ValueType> types;
  std::vector<std::size_t> in_before;
  std::vector<std::size_t> in_after;
};

Common common_types(const Profile& before, const Profile& after) {
  Common common;
  const std::vector<ValueType>& olds = before.value_types();
  for (std::size_t i = 0; i < after.value_types().size(); ++i) {
    const ValueType& type = after.value_types()[i];
    const auto old = std::ranges::find(olds, type);
    if (old == olds.end()) continue;
    common.types.push_back(type);
    common.in_before.push_back(static_cast<std::size_t>(old - olds.begin()));
    common.in_after.push_back(i);
  }
  if (!common.types.empty()) return common;
  const auto first = [](const Profile& profile) {
    return profile.value_types().empty() ? "nothing" : profile.value_types().front().name;
  };
  throw Error(fmt::format("the profiles measure different things: {} before, {} after",
                          first(before), first(after)));
}

// One frame for all that have the same name.
class Namer {
 public:
  const Frame& operator()(const Frame& frame) {
    const std::string place =
        frame.function.empty()
            ? fmt::format("{:x}", frame.offset != 0 ? frame.offset : frame.address)
            : frame.file;
    const std::string name = frame.function.empty() ? plain_module(frame.module) : frame.function;
    return frames_.try_emplace({name, place}, frame).first->second;
  }

 private:
  std::map<std::pair<std::string, std::string>, Frame> frames_;
};

// What to add, and with which sign.
struct Part {
  const Profile& profile;
  const std::vector<std::size_t>& types;
  std::int64_t sign;
};

void add(Profile& change, const Part& part, Namer& namer) {
  const std::vector<StackId> stacks = mapped_stacks(part.profile, change, namer);
  std::vector<std::int64_t> values(part.types.size());
  std::vector<double> variances(part.types.size());
  for (std::size_t i = 0; i < part.profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    for (std::size_t v = 0; v < part.types.size(); ++v) {
      const std::int64_t value = part.profile.self(stack)[part.types[v]];
      if (part.sign < 0 && value == INT64_MIN) throw Error("a value does not fit 64 bits");
      values[v] = part.sign * value;
      variances[v] = part.profile.variance(stack, part.types[v]);
    }
    change.add(stacks[i], values);
    if (part.profile.sampled()) change.add_variance(stacks[i], variances);
  }
}

}  // namespace

Profile difference(const Profile& before, const Profile& after) {
  const Common common = common_types(before, after);
  Profile change(common.types);
  Namer namer;
  add(change, {.profile = after, .types = common.in_after, .sign = 1}, namer);
  add(change, {.profile = before, .types = common.in_before, .sign = -1}, namer);
  change.title = fmt::format("{} less {}", after.title, before.title);
  const auto shown = std::ranges::find(common.in_after, after.default_value);
  change.default_value = shown == common.in_after.end()
                             ? 0
                             : static_cast<std::size_t>(shown - common.in_after.begin());
  change.pid = after.pid == before.pid ? after.pid : 0;
  change.mappings = after.mappings;
  return change;
}

}  // namespace tidemark
