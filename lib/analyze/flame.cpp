// Stacks are merged by name in one pass over the profile's own tree, whose
// callers come first, and summed up in one pass backwards. Nodes that no drawn box
// calls are dropped before anything is sorted: a million stacks cost three passes
// over arrays, and only what is visible costs more.

#include "lib/analyze/flame.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/id_table.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::uint32_t kFirst = 0;

// The merged tree before it is laid out. Index 0 is "all".
struct Tree {
  std::vector<std::uint32_t> caller{kFirst};
  std::vector<std::uint32_t> name{0};
  std::vector<std::int64_t> total{0};   // of the node alone until sum_up()
  std::vector<std::int64_t> before{0};  // the compared value, likewise; else not used
  std::vector<std::string> names{"all"};
};

// The name of each frame of the profile, numbered so that equal names are equal.
class Names {
 public:
  Names(const Profile& profile, Tree& tree) : of_frame_(profile.frames()) {
    IdTable ids;
    std::vector<std::string>& names = tree.names;
    const auto intern = [&](std::string name) {
      const std::uint32_t id = ids.find_or_add(
          hash_of(name), [&](std::uint32_t other) { return names[other + 1] == name; });
      if (id + 1 == names.size()) names.push_back(std::move(name));
      return id + 1;
    };
    for (std::size_t i = 0; i < of_frame_.size(); ++i) {
      of_frame_[i] = intern(name_of(profile.frame(static_cast<FrameId>(i))));
    }
    distinct_ = names.size() - 1 == of_frame_.size();
  }

  std::uint32_t of(FrameId frame) const { return of_frame_[static_cast<std::size_t>(frame)]; }
  // Whether no two frames share a name: stacks then need no merging.
  bool distinct() const { return distinct_; }

 private:
  std::vector<std::uint32_t> of_frame_;
  bool distinct_ = false;
};

class Merger {
 public:
  explicit Merger(Tree& tree) : tree_(tree) {}

  std::uint32_t child(std::uint32_t caller, std::uint32_t name) {
    const std::uint64_t key = std::uint64_t{caller} << 32 | name;
    const std::uint64_t hash = (key ^ (key >> 29)) * 0xBF58476D1CE4E5B9U;
    const std::uint32_t found = 1 + ids_.find_or_add(hash, [&](std::uint32_t other) {
      return tree_.caller[other + 1] == caller && tree_.name[other + 1] == name;
    });
    if (found == tree_.caller.size()) {
      tree_.caller.push_back(caller);
      tree_.name.push_back(name);
      tree_.total.push_back(0);
      tree_.before.push_back(0);
    }
    return found;
  }

 private:
  Tree& tree_;
  IdTable ids_;
};

void add_self(Tree& tree, std::uint32_t node, std::span<const std::int64_t> values,
              const FlameOptions& options) {
  tree.total[node] = checked_add(tree.total[node], values[options.value]);
  if (options.compared) {
    tree.before[node] = checked_add(tree.before[node], values[*options.compared]);
  }
}

void merge_from_roots(const Profile& profile, const FlameOptions& options, const Names& names,
                      Tree& tree) {
  if (names.distinct()) {
    const std::size_t count = profile.stacks();
    tree.caller.resize(count);
    tree.name.resize(count);
    tree.total.resize(count);
    if (options.compared) tree.before.resize(count);
    for (std::uint32_t i = 1; i < count; ++i) {
      tree.caller[i] = static_cast<std::uint32_t>(profile.caller(StackId{i}));
      tree.name[i] = names.of(profile.leaf(StackId{i}));
      add_self(tree, i, profile.self(StackId{i}), options);
    }
    add_self(tree, kFirst, profile.self(kRoot), options);
    return;
  }
  Merger merger(tree);
  std::vector<std::uint32_t> node_of(profile.stacks());
  for (std::uint32_t i = 0; i < node_of.size(); ++i) {
    const StackId stack{i};
    if (i != 0) {
      const auto caller = static_cast<std::size_t>(profile.caller(stack));
      node_of[i] = merger.child(node_of[caller], names.of(profile.leaf(stack)));
    }
    add_self(tree, node_of[i], profile.self(stack), options);
  }
}

void merge_from_leaves(const Profile& profile, const FlameOptions& options, const Names& names,
                       Tree& tree) {
  Merger merger(tree);
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::span<const std::int64_t> values = profile.self(StackId{i});
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) continue;
    std::uint32_t node = kFirst;
    for (StackId at{i}; at != kRoot; at = profile.caller(at)) {
      node = merger.child(node, names.of(profile.leaf(at)));
    }
    add_self(tree, node, values, options);
  }
}

void sum_up(Tree& tree, bool compared) {
  for (std::size_t i = tree.caller.size() - 1; i > 0; --i) {
    std::int64_t& above = tree.total[tree.caller[i]];
    above = checked_add(above, tree.total[i]);
    if (compared) {
      std::int64_t& before = tree.before[tree.caller[i]];
      before = checked_add(before, tree.before[i]);
    }
  }
}

// The tree without the nodes whose callers are not drawn.
Tree pruned(Tree tree, bool compared, std::int64_t smallest) {
  constexpr std::uint32_t kNotDrawn = 0xFFFFFFFF;
  std::vector<std::uint32_t> drawn_as(tree.caller.size(), kNotDrawn);
  drawn_as[kFirst] = kFirst;
  std::uint32_t kept = 1;
  for (std::size_t i = 1; i < tree.caller.size(); ++i) {
    const std::uint32_t caller = drawn_as[tree.caller[i]];
    if (caller == kNotDrawn) continue;
    if (tree.total[i] >= smallest) drawn_as[i] = kept;
    tree.caller[kept] = caller;
    tree.name[kept] = tree.name[i];
    tree.total[kept] = tree.total[i];
    if (compared) tree.before[kept] = tree.before[i];
    ++kept;
  }
  tree.caller.resize(kept);
  tree.name.resize(kept);
  tree.total.resize(kept);
  if (compared) tree.before.resize(kept);
  return tree;
}

// The callees of every node, as one list cut into pieces.
struct Callees {
  std::vector<std::uint32_t> first;  // where the piece of each node starts; one more at the end
  std::vector<std::uint32_t> nodes;

  std::span<std::uint32_t> of(std::uint32_t node) {
    return {nodes.data() + first[node], nodes.data() + first[node + 1]};
  }
};

Callees callees_of(const Tree& tree) {
  const std::size_t count = tree.caller.size();
  Callees callees{.first = std::vector<std::uint32_t>(count + 1),
                  .nodes = std::vector<std::uint32_t>(count - 1)};
  for (std::size_t i = 1; i < count; ++i) ++callees.first[tree.caller[i] + 1];
  std::partial_sum(callees.first.begin(), callees.first.end(), callees.first.begin());
  std::vector<std::uint32_t> next(callees.first.begin(), callees.first.end() - 1);
  for (std::uint32_t i = 1; i < count; ++i) callees.nodes[next[tree.caller[i]]++] = i;
  return callees;
}

void sort_siblings(const Tree& tree, FlameOrder order, std::span<std::uint32_t> siblings) {
  const auto name = [&](std::uint32_t node) -> std::string_view {
    return tree.names[tree.name[node]];
  };
  if (order == FlameOrder::kByName) std::ranges::sort(siblings, std::ranges::less{}, name);
  if (order == FlameOrder::kBySize) {
    std::ranges::sort(siblings, [&](std::uint32_t a, std::uint32_t b) {
      return tree.total[a] != tree.total[b] ? tree.total[a] > tree.total[b] : name(a) < name(b);
    });
  }
}

// Walks the drawn nodes depth first, left to right, without recursion: stacks
// may be a hundred thousand deep.
void lay_out(const Tree& tree, const FlameOptions& options, std::int64_t smallest,
             FlameGraph& graph) {
  Callees callees = callees_of(tree);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open{{kFirst, kFirst}};  // node, box
  const auto box = [&](std::uint32_t node, std::uint32_t caller, std::int64_t start) {
    const std::int64_t before = options.compared ? tree.before[node] : tree.total[node];
    return FlameGraph::Box{.caller = caller,
                           .depth = node == kFirst ? 0 : graph.boxes[caller].depth + 1,
                           .name = tree.name[node],
                           .start = start,
                           .total = tree.total[node],
                           .self = tree.total[node],
                           .delta = tree.total[node] - before};
  };
  std::vector<std::int64_t> start_of(tree.caller.size());
  while (!open.empty()) {
    const auto [node, caller_box] = open.back();
    open.pop_back();
    const auto mine = static_cast<std::uint32_t>(graph.boxes.size());
    graph.boxes.push_back(box(node, caller_box, start_of[node]));
    graph.depth = std::max(graph.depth, graph.boxes.back().depth);
    const std::span<std::uint32_t> siblings = callees.of(node);
    sort_siblings(tree, options.order, siblings);
    std::int64_t at = start_of[node];
    for (const std::uint32_t callee : siblings) {
      start_of[callee] = at;
      at += tree.total[callee];
    }
    graph.boxes[mine].self -= at - start_of[node];
    std::ranges::reverse(siblings);  // the leftmost comes off the stack first
    for (const std::uint32_t callee : siblings) {
      if (tree.total[callee] >= smallest) open.emplace_back(callee, mine);
    }
  }
}

}  // namespace

FlameGraph flame_graph(const Profile& profile, const FlameOptions& options) {
  Tree tree;
  const Names names(profile, tree);
  if (options.reverse) {
    merge_from_leaves(profile, options, names, tree);
  } else {
    merge_from_roots(profile, options, names, tree);
  }
  sum_up(tree, options.compared.has_value());
  FlameGraph graph;
  graph.total = std::max(tree.total[kFirst], static_cast<std::int64_t>(options.total));
  const double smallest = std::ceil(static_cast<double>(graph.total) * options.minimum);
  const auto least = std::max<std::int64_t>(1, static_cast<std::int64_t>(smallest));
  const std::size_t nodes = tree.caller.size();
  tree = pruned(std::move(tree), options.compared.has_value(), least);
  lay_out(tree, options, least, graph);
  graph.left_out = nodes - graph.boxes.size();
  graph.names = std::move(tree.names);
  return graph;
}

}  // namespace tidemark
