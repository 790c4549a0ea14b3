#include "lib/analyze/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "lib/analyze/inclusive.h"
#include "lib/analyze/mapped_stacks.h"
#include "lib/analyze/top.h"
#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

// A value type before and the one after that it is compared with.
struct Pair {
  std::size_t before;
  std::size_t after;
};

std::optional<std::size_t> index_of(const Profile& profile, const ValueType& type) {
  const auto& types = profile.value_types();
  const auto found = std::ranges::find(types, type);
  if (found == types.end()) return std::nullopt;
  return static_cast<std::size_t>(found - types.begin());
}

Pair shown_pair(const Profile& before, const Profile& after, Pair asked) {
  const ValueType& old_type = before.value_types().at(asked.before);
  const ValueType& new_type = after.value_types().at(asked.after);
  if (const auto same = index_of(before, new_type)) return {.before = *same, .after = asked.after};
  if (const auto same = index_of(after, old_type)) return {.before = asked.before, .after = *same};
  if (old_type.unit == new_type.unit) return asked;
  throw Error(fmt::format("the profiles count different things: {} ({}) before, {} ({}) after",
                          printable(old_type.name), printable(old_type.unit),
                          printable(new_type.name), printable(new_type.unit)),
              "--value chooses what to compare, when both have it");
}

std::vector<Pair> pairs_of(const Profile& before, const Profile& after, Pair shown) {
  std::vector<Pair> pairs{shown};
  for (std::size_t i = 0; i < after.value_types().size(); ++i) {
    const auto old = index_of(before, after.value_types()[i]);
    if (old && i != shown.after && *old != shown.before) {
      pairs.push_back({.before = *old, .after = i});
    }
  }
  return pairs;
}

std::vector<ValueType> types_of(const Profile& before, const Profile& after,
                                const std::vector<Pair>& pairs) {
  std::vector<ValueType> types;
  for (const Pair& pair : pairs) {
    const ValueType& old_type = before.value_types()[pair.before];
    const ValueType& new_type = after.value_types()[pair.after];
    types.push_back({.name = old_type.name + " before", .unit = old_type.unit});
    types.push_back({.name = new_type.name + " after", .unit = new_type.unit});
  }
  return types;
}

// One frame for all that have the same name.
class Namer {
 public:
  explicit Namer(const CompareOptions& options) : options_(options) {}

  const Frame& operator()(const Frame& frame) {
    std::string name = name_of(frame);
    if (options_.strip_hex) name = without_hex(name);
    const auto [known, fresh] = frames_.try_emplace(std::move(name), frame);
    if (fresh && known->first != name_of(frame)) known->second = {.function = known->first};
    return known->second;
  }

 private:
  const CompareOptions& options_;
  std::unordered_map<std::string, Frame> frames_;
};

// One of the two, and which of its value types are compared.
struct Side {
  const Profile& profile;
  std::vector<std::size_t> types;
  std::size_t place;  // 0: before, 1: after
};

void add(const Side& side, Compared& compared, Namer& namer) {
  const Profile& from = side.profile;
  const std::vector<StackId> stacks = mapped_stacks(from, compared.profile, namer);
  std::vector<std::int64_t> values(2 * side.types.size());
  for (std::uint32_t i = 0; i < from.stacks(); ++i) {
    const std::span<const std::int64_t> self = from.self(StackId{i});
    bool any = false;
    for (std::size_t v = 0; v < side.types.size(); ++v) {
      values[2 * v + side.place] = self[side.types[v]];
      any = any || self[side.types[v]] != 0;
    }
    if (any) compared.profile.add(stacks[i], values);
  }
}

// Whether anything that is not 0 was counted in or below a stack, by value type.
struct Has {
  bool there = false;
  bool not_there = false;
};

// By frame, in one pass: what a stack calls comes behind it.
std::vector<Has> what_frames_have(const Profile& profile, std::size_t there,
                                  std::size_t not_there) {
  std::vector<Has> stacks(profile.stacks());
  std::vector<Has> frames(profile.frames());
  const auto add = [](Has& to, const Has& more) {
    to.there = to.there || more.there;
    to.not_there = to.not_there || more.not_there;
  };
  for (auto i = static_cast<std::uint32_t>(profile.stacks()); i-- > 1;) {
    const std::span<const std::int64_t> self = profile.self(StackId{i});
    add(stacks[i], {.there = self[there] != 0, .not_there = self[not_there] != 0});
    add(stacks[static_cast<std::size_t>(profile.caller(StackId{i}))], stacks[i]);
    add(frames[static_cast<std::size_t>(profile.leaf(StackId{i}))], stacks[i]);
  }
  return frames;
}

}  // namespace

Compared compare(const Profile& before, const Profile& after, const CompareOptions& options) {
  const Pair asked{.before = options.before_value, .after = options.after_value};
  const std::vector<Pair> pairs = pairs_of(before, after, shown_pair(before, after, asked));
  Compared compared{.profile = Profile(types_of(before, after, pairs))};
  Side old_side{.profile = before, .types = {}, .place = 0};
  Side new_side{.profile = after, .types = {}, .place = 1};
  for (const Pair& pair : pairs) {
    old_side.types.push_back(pair.before);
    new_side.types.push_back(pair.after);
  }
  Namer namer(options);
  add(new_side, compared, namer);
  add(old_side, compared, namer);
  compared.profile.title = after.title;
  compared.profile.default_value = compared.after;
  compared.profile.mappings = after.mappings;
  return compared;
}

std::string without_hex(std::string_view name) {
  std::string out;
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  while (!name.empty()) {
    if (name.size() > 2 && name.starts_with("0x") && is_hex(name[2])) {
      name.remove_prefix(2);
      while (!name.empty() && is_hex(name.front())) name.remove_prefix(1);
      out += "0x...";
    } else {
      out += name.front();
      name.remove_prefix(1);
    }
  }
  return out;
}

std::int64_t scaled(std::int64_t value, Ratio ratio) {
  __extension__ using Wide = __int128;
  const Wide result = Wide{value} * ratio.of / ratio.to;
  if (result > INT64_MAX || result < INT64_MIN) throw Error("a scaled value does not fit 64 bits");
  return static_cast<std::int64_t>(result);
}

Ratio normalising(const Compared& compared) {
  const std::vector<std::int64_t> totals = compared.profile.total();
  const std::int64_t before = totals[compared.before];
  const std::int64_t after = totals[compared.after];
  if (before == 0 || after == 0) return {};
  return {.of = after, .to = before};
}

void scale(Profile& profile, std::size_t value, Ratio ratio) {
  std::vector<std::int64_t> change(profile.value_types().size());
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::int64_t old = profile.self(StackId{i})[value];
    if (old == 0) continue;
    change[value] = scaled(old, ratio) - old;
    profile.add(StackId{i}, change);
  }
}

std::vector<OneSided> only_in(const Profile& profile, std::size_t there, std::size_t not_there) {
  const std::vector<Has> frames = what_frames_have(profile, there, not_there);
  std::set<std::string> others;
  bool any = false;
  for (std::uint32_t i = 0; i < frames.size(); ++i) {
    if (frames[i].not_there) others.insert(name_of(profile.frame(FrameId{i})));
    any = any || (frames[i].there && !frames[i].not_there);
  }
  // How much it is takes a walk that knows of recursion: only when there is something.
  if (!any) return {};
  std::vector<OneSided> found;
  for (const FunctionTotal& function : top(profile, there)) {
    if (function.total == 0 || others.contains(function.function)) continue;
    found.push_back({.function = function.function, .total = function.total});
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &OneSided::total);
  return found;
}

Profile elided(const Profile& profile, std::size_t not_there) {
  const std::vector<std::int64_t> shown = inclusive(profile, not_there);
  const auto is_hidden = [&](std::uint32_t stack) {
    const std::span<const std::int64_t> self = profile.self(StackId{stack});
    return shown[stack] == 0 && std::ranges::any_of(self, [](auto value) { return value != 0; });
  };
  std::vector<bool> needed(profile.stacks());
  for (auto i = static_cast<std::uint32_t>(profile.stacks()); i-- > 1;) {
    if (!needed[i] && !is_hidden(i)) continue;
    needed[i] = true;
    needed[static_cast<std::size_t>(profile.caller(StackId{i}))] = true;
  }
  Profile kept = Profile::sharing_frames(profile);
  std::vector<StackId> stacks(profile.stacks(), kRoot);
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    if (!needed[i]) continue;
    const StackId caller = stacks[static_cast<std::size_t>(profile.caller(StackId{i}))];
    stacks[i] = kept.append(caller, profile.leaf(StackId{i}));
    if (is_hidden(i)) kept.add(stacks[i], profile.self(StackId{i}));
  }
  kept.title = profile.title;
  kept.default_value = profile.default_value;
  return kept;
}

}  // namespace tidemark
