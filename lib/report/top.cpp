#include "lib/report/top.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// The number of each frame's function in `names`, which grows as they are found.
std::vector<std::size_t> function_numbers(const Profile& profile, std::vector<std::string>& names) {
  std::unordered_map<std::string, std::size_t> numbers;
  std::vector<std::size_t> of_frame;
  for (std::size_t i = 0; i < profile.frames(); ++i) {
    const std::string name = name_of(profile.frame(FrameId{static_cast<std::uint32_t>(i)}));
    const auto [place, added] = numbers.emplace(name, names.size());
    if (added) names.push_back(name);
    of_frame.push_back(place->second);
  }
  return of_frame;
}

}  // namespace

Top top_of(const Profile& profile, std::size_t most) {
  Top top;
  if (profile.value_types().empty()) return top;
  const std::size_t value = std::min(profile.default_value, profile.value_types().size() - 1);
  top.type = profile.value_types()[value];
  std::vector<std::string> names;
  const std::vector<std::size_t> functions = function_numbers(profile, names);
  std::vector<TopFunction> all(names.size());
  // The last stack that counted for a function, so that recursion counts once.
  std::vector<std::size_t> counted(names.size(), 0);
  for (std::size_t i = 1; i < profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    const std::int64_t self = profile.self(stack)[value];
    if (self == 0) continue;
    top.total = checked_add(top.total, self);
    TopFunction& leaf = all[functions[static_cast<std::size_t>(profile.leaf(stack))]];
    leaf.self = checked_add(leaf.self, self);
    for (StackId at = stack; at != kRoot; at = profile.caller(at)) {
      const std::size_t function = functions[static_cast<std::size_t>(profile.leaf(at))];
      if (counted[function] == i) continue;
      counted[function] = i;
      all[function].inclusive = checked_add(all[function].inclusive, self);
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) all[i].name = std::move(names[i]);
  std::erase_if(all, [](const TopFunction& f) { return f.inclusive == 0 && f.self == 0; });
  std::ranges::sort(all, [](const TopFunction& a, const TopFunction& b) {
    return std::tuple(b.self, b.inclusive, a.name) < std::tuple(a.self, a.inclusive, b.name);
  });
  if (all.size() > most) all.resize(most);
  top.functions = std::move(all);
  return top;
}

}  // namespace tidemark
