// Frames are numbered in the order of their names, so that sorting siblings is
// sorting numbers, which two counting sorts do for all of them at once. Stacks
// are then written depth first; a stack is its frame and how many levels lie
// between the stack before and its caller:
//
//   main;a;b 3        main  up 0   (called by the root)
//   main;c 1          a     up 0   (called by main, the stack before)
//                     b     up 0
//                     c     up 2   (b's caller's caller)
//
// Most stacks only lead to others, so values are written as the few that are not 0.

#include "lib/report/flame_data.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/base/hash.h"
#include "lib/base/id_table.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kMagic = "tmflame\1";
constexpr std::uint32_t kNone = 0xFFFFFFFF;

// Numbers of 7 bits a byte, the lowest first; the top bit says that more follow.
class Bytes {
 public:
  explicit Bytes(std::string& out) : out_(out) {}

  void number(std::uint64_t value) {
    if (used_ + kLongest > buffer_.size()) flush();
    while (value >= 0x80) {
      buffer_[used_++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    buffer_[used_++] = static_cast<char>(value);
  }

  // 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
  void either_sign(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(bits << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }

  void bytes(std::string_view text) {
    flush();
    out_ += text;
  }

  void text(std::string_view text) {
    number(text.size());
    bytes(text);
  }

  void flush() {
    out_.append(buffer_.data(), used_);
    used_ = 0;
  }

 private:
  static constexpr std::size_t kLongest = 10;
  std::string& out_;
  std::array<char, 1 << 16> buffer_{};
  std::size_t used_ = 0;
};

// One box's name: where its text is in Names::list, and its lines.
struct Place {
  std::uint32_t name = 0;
  std::uint32_t module = 0;
  std::uint32_t file = 0;
  std::int64_t line = 0;
  std::int64_t last_line = 0;
};

struct Names {
  std::vector<std::string> list{""};
  IdTable ids;

  std::uint32_t intern(std::string text) {
    if (text.empty()) return 0;
    const std::uint32_t id = 1 + ids.find_or_add(hash_of(text), [&](std::uint32_t other) {
      return list[other + 1] == text;
    });
    if (id == list.size()) list.push_back(std::move(text));
    return id;
  }
};

std::uint64_t mixed(std::uint64_t key) { return (key ^ (key >> 29)) * 0xBF58476D1CE4E5B9U; }

// The frames of a profile as places, in the order of their names.
class Places {
 public:
  Places(const Profile& profile, FlameGrain grain) : grain_(grain), of_frame_(profile.frames()) {
    for (std::size_t i = 0; i < of_frame_.size(); ++i) {
      of_frame_[i] = intern(profile.frame(static_cast<FrameId>(i)));
    }
    sort();
  }

  std::uint32_t of(FrameId frame) const { return of_frame_[static_cast<std::size_t>(frame)]; }
  // Whether each frame is a place of its own: stacks then need no merging.
  bool distinct() const { return list_.size() == of_frame_.size(); }
  const std::vector<Place>& list() const { return list_; }
  const std::vector<std::string>& names() const { return names_.list; }

 private:
  std::uint32_t intern(const Frame& frame) {
    const std::int64_t line = std::max<std::int64_t>(0, frame.line);
    const Place place{.name = names_.intern(printable(name_of(frame))),
                      .module = names_.intern(printable(frame.module)),
                      .file = names_.intern(printable(frame.file)),
                      .line = line,
                      .last_line = line};
    const std::uint64_t key = mixed(std::uint64_t{place.name} << 32 | place.module) + place.file +
                              (by_line() ? static_cast<std::uint64_t>(line) << 32 : 0);
    const std::uint32_t id = ids_.find_or_add(mixed(key), [&](std::uint32_t other) {
      const Place& it = list_[other];
      return it.name == place.name && it.module == place.module && it.file == place.file &&
             (!by_line() || it.line == line);
    });
    if (id == list_.size()) list_.push_back(place);
    Place& known = list_[id];
    if (line != 0 && (known.line == 0 || line < known.line)) known.line = line;
    known.last_line = std::max(known.last_line, line);
    return id;
  }

  void sort() {
    std::vector<std::uint32_t> order(list_.size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](std::uint32_t id) {
      const Place& place = list_[id];
      return std::tuple<std::string_view, std::string_view, std::string_view, std::int64_t>(
          names_.list[place.name], names_.list[place.module], names_.list[place.file], place.line);
    };
    std::ranges::sort(order, std::ranges::less{}, key);
    std::vector<Place> sorted;
    std::vector<std::uint32_t> rank(order.size());
    for (const std::uint32_t id : order) {
      rank[id] = static_cast<std::uint32_t>(sorted.size());
      sorted.push_back(list_[id]);
    }
    list_ = std::move(sorted);
    for (std::uint32_t& id : of_frame_) id = rank[id];
  }

  bool by_line() const { return grain_ == FlameGrain::kLines; }

  FlameGrain grain_;
  Names names_;
  std::vector<Place> list_;
  std::vector<std::uint32_t> of_frame_;
  IdTable ids_;
};

// The merged stacks; 0 is the root, and callers come first.
struct Tree {
  std::vector<std::uint32_t> caller{0};
  std::vector<std::uint32_t> place{0};
  std::vector<std::uint32_t> of_stack;            // by stack: its node
  std::vector<std::vector<std::int64_t>> values;  // by value type, by node
  std::vector<bool> wanted;                       // has a value, or leads to one
};

void merge_nodes(const Profile& profile, const Places& places, Tree& tree) {
  const std::size_t count = profile.stacks();
  tree.of_stack.resize(count);
  tree.caller.reserve(count);
  tree.place.reserve(count);
  IdTable ids;
  for (std::uint32_t i = 1; i < count; ++i) {
    const auto above = static_cast<std::size_t>(profile.caller(StackId{i}));
    const std::uint32_t caller = tree.of_stack[above];
    const std::uint32_t place = places.of(profile.leaf(StackId{i}));
    auto node = static_cast<std::uint32_t>(tree.caller.size());
    if (!places.distinct()) {
      node = 1 + ids.find_or_add(mixed(std::uint64_t{caller} << 32 | place), [&](std::uint32_t o) {
        return tree.caller[o + 1] == caller && tree.place[o + 1] == place;
      });
    }
    if (node == tree.caller.size()) {
      tree.caller.push_back(caller);
      tree.place.push_back(place);
    }
    tree.of_stack[i] = node;
  }
}

Tree merged(const Profile& profile, const Places& places) {
  Tree tree;
  merge_nodes(profile, places, tree);
  const std::size_t nodes = tree.caller.size();
  tree.values.assign(profile.value_types().size(), std::vector<std::int64_t>(nodes));
  tree.wanted.resize(nodes);
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::span<const std::int64_t> self = profile.self(StackId{i});
    const std::uint32_t node = tree.of_stack[i];
    for (std::size_t type = 0; type < self.size(); ++type) {
      if (self[type] == 0) continue;
      tree.values[type][node] = checked_add(tree.values[type][node], self[type]);
      tree.wanted[node] = true;
    }
  }
  for (const Moment& moment : profile.timeline) {
    tree.wanted[tree.of_stack[static_cast<std::size_t>(moment.stack)]] = true;
  }
  for (std::size_t i = nodes; i-- > 1;) {
    if (tree.wanted[i]) tree.wanted[tree.caller[i]] = true;
  }
  return tree;
}

// The wanted callees of every node, each one's in the order of their places.
struct Callees {
  std::vector<std::uint32_t> first;  // where each node's start; one more at the end
  std::vector<std::uint32_t> nodes;
};

// Moves `nodes` into the order of `key`, which is below `keys`; equal ones stay in order.
// Gives where each key's start.
std::vector<std::uint32_t> counting_sort(std::vector<std::uint32_t>& nodes,
                                         const std::vector<std::uint32_t>& key, std::size_t keys) {
  std::vector<std::uint32_t> first(keys + 1);
  for (const std::uint32_t node : nodes) ++first[key[node] + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  std::vector<std::uint32_t> sorted(nodes.size());
  for (const std::uint32_t node : nodes) sorted[next[key[node]]++] = node;
  nodes = std::move(sorted);
  return first;
}

Callees callees_of(const Tree& tree, std::size_t places) {
  Callees callees;
  for (std::uint32_t i = 1; i < tree.caller.size(); ++i) {
    if (tree.wanted[i]) callees.nodes.push_back(i);
  }
  counting_sort(callees.nodes, tree.place, places);
  callees.first = counting_sort(callees.nodes, tree.caller, tree.caller.size());
  return callees;
}

// The nodes depth first, the root first, with the levels between each and the one before.
struct Walk {
  std::vector<std::uint32_t> nodes;
  std::vector<std::uint32_t> up;
  std::vector<std::uint32_t> position;  // by node: where it is in `nodes`
};

Walk depth_first(const Tree& tree, const Callees& callees) {
  Walk walk;
  walk.nodes.reserve(callees.nodes.size() + 1);
  walk.up.reserve(callees.nodes.size() + 1);
  walk.position.assign(tree.caller.size(), kNone);
  struct Open {
    std::uint32_t next;  // of Callees::nodes
    std::uint32_t end;
  };
  std::vector<Open> open;
  std::uint32_t up = 0;
  const auto enter = [&](std::uint32_t node) {
    walk.position[node] = static_cast<std::uint32_t>(walk.nodes.size());
    walk.nodes.push_back(node);
    walk.up.push_back(up);
    up = 0;
    open.push_back({callees.first[node], callees.first[node + 1]});
  };
  enter(0);
  while (!open.empty()) {
    Open& level = open.back();
    if (level.next == level.end) {
      open.pop_back();
      ++up;
    } else {
      enter(callees.nodes[level.next++]);
    }
  }
  return walk;
}

void write_places(const Places& places, Bytes& out) {
  out.number(places.names().size());
  for (const std::string& name : places.names()) out.number(name.size());
  for (const std::string& name : places.names()) out.bytes(name);
  const std::vector<Place>& list = places.list();
  out.number(list.size());
  for (const Place& place : list) out.number(place.name);
  for (const Place& place : list) out.number(place.module);
  for (const Place& place : list) out.number(place.file);
  for (const Place& place : list) out.number(static_cast<std::uint64_t>(place.line));
  for (const Place& place : list) {
    out.number(static_cast<std::uint64_t>(place.last_line - place.line));
  }
}

void write_values(const std::vector<std::int64_t>& values, const Walk& walk, Bytes& out) {
  const auto has_value = [&](std::uint32_t node) { return values[node] != 0; };
  out.number(static_cast<std::uint64_t>(std::ranges::count_if(walk.nodes, has_value)));
  std::size_t last = 0;
  for (std::size_t at = 0; at < walk.nodes.size(); ++at) {
    if (!has_value(walk.nodes[at])) continue;
    out.number(at - last);
    last = at;
  }
  for (const std::uint32_t node : walk.nodes) {
    if (has_value(node)) out.either_sign(values[node]);
  }
}

void write_timeline(const Profile& profile, const Tree& tree, const Walk& walk, Bytes& out) {
  out.number(profile.timeline.size());
  std::int64_t last = 0;
  for (const Moment& moment : profile.timeline) {
    // Times come from a file: the difference may wrap, and wraps back when it is read.
    out.either_sign(static_cast<std::int64_t>(static_cast<std::uint64_t>(moment.at) -
                                              static_cast<std::uint64_t>(last)));
    last = moment.at;
  }
  for (const Moment& moment : profile.timeline) {
    out.number(walk.position[tree.of_stack[static_cast<std::size_t>(moment.stack)]]);
  }
  for (const Moment& moment : profile.timeline) out.either_sign(moment.value);
}

}  // namespace

std::string flame_data(const Profile& profile, FlameGrain grain) {
  const Places places(profile, grain);
  const Tree tree = merged(profile, places);
  const Walk walk = depth_first(tree, callees_of(tree, places.list().size()));
  std::string data;
  Bytes out(data);
  out.bytes(kMagic);
  out.number(profile.value_types().size());
  for (const ValueType& type : profile.value_types()) {
    out.text(printable(type.name));
    out.text(printable(type.unit));
  }
  out.number(profile.default_value);
  write_places(places, out);
  out.number(walk.nodes.size() - 1);
  for (std::size_t i = 1; i < walk.nodes.size(); ++i) out.number(walk.up[i]);
  for (std::size_t i = 1; i < walk.nodes.size(); ++i) out.number(tree.place[walk.nodes[i]]);
  for (const std::vector<std::int64_t>& values : tree.values) write_values(values, walk, out);
  write_timeline(profile, tree, walk, out);
  out.flush();
  return data;
}

}  // namespace tidemark
