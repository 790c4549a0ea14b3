// V8's CPU profiles: `node --cpu-prof`, Chromium's DevTools (checked against node
// 20). JSON, on one line or many:
//
//   {"nodes":[
//      {"id":1,"callFrame":{"functionName":"(root)","scriptId":"0","url":"",
//        "lineNumber":-1,"columnNumber":-1},"hitCount":0,"children":[2,3]},
//      ...],
//    "startTime":13039587616,"endTime":13039628166,      microseconds
//    "samples":[2,21,26],"timeDeltas":[6857,9598,5145]}
//
// Nodes are a tree; lines count from 0. A sample's time is what went by since the
// one before it, as DevTools shows it; a profile without samples has its nodes' hit
// counts only. (root) is left out: it is in every stack.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"
#include "parsers/json_walk.h"

namespace tidemark {
namespace {

using Kind = JsonEvent::Kind;

bool recognizes(std::string_view head) {
  return json_has_key(head, "nodes") && json_has_key(head, "callFrame") &&
         json_has_key(head, "functionName");
}

struct Node {
  std::int64_t id = 0;
  std::int64_t parent = 0;  // index in Document::nodes, from 1; 0: none
  std::int64_t hits = 0;
  std::int64_t named_parent = 0;  // the id at "parent", of newer producers
  Frame frame;
  std::vector<std::int64_t> children;
};

struct Document {
  std::vector<Node> nodes;
  std::vector<std::int64_t> samples;
  std::vector<std::int64_t> deltas;
  bool has_nodes = false;
};

class Reader {
 public:
  explicit Reader(Document& document) : document_(document) {}

  void operator()(const JsonEvent& event) {
    if (event.path == "nodes[]") {
      if (event.kind == Kind::kOpen) node_ = {};
      if (event.kind == Kind::kClose) document_.nodes.push_back(std::move(node_));
    } else if (event.kind == Kind::kText) {
      if (event.path == "nodes[].callFrame.functionName") node_.frame.function = event.text;
      if (event.path == "nodes[].callFrame.url") node_.frame.file = event.text;
    } else if (event.kind == Kind::kWhole) {
      number(event.path, event.whole);
    } else if (event.path == "nodes" && event.kind == Kind::kOpen) {
      document_.has_nodes = true;
    }
  }

 private:
  void number(std::string_view path, std::int64_t value) {
    if (path == "samples[]") document_.samples.push_back(value);
    if (path == "timeDeltas[]") document_.deltas.push_back(value);
    if (path == "nodes[].id") node_.id = value;
    if (path == "nodes[].hitCount") node_.hits = value;
    if (path == "nodes[].parent") node_.named_parent = value;
    if (path == "nodes[].children[]") node_.children.push_back(value);
    if (path == "nodes[].callFrame.lineNumber" && value >= 0 &&
        value < std::numeric_limits<std::int32_t>::max()) {
      node_.frame.line = value + 1;
    }
  }

  Document& document_;
  Node node_;
};

class Builder {
 public:
  Builder(Document& document, std::string_view name)
      : document_(document),
        name_(name),
        timed_(!document.samples.empty()),
        profile_(timed_ ? std::vector<ValueType>{{.name = "samples", .unit = "count"},
                                                 {.name = "cpu", .unit = "nanoseconds"}}
                        : std::vector<ValueType>{{.name = "samples", .unit = "count"}}) {}

  Profile build() {
    link();
    push_all();
    profile_.title = "CPU time";
    try {
      timed_ ? add_samples() : add_hits();
    } catch (const Error& error) {
      throw Error(fmt::format("{}: the samples: {}", name_, error.what()));
    }
    return std::move(profile_);
  }

  std::int64_t unknown() const { return unknown_; }

 private:
  std::size_t index_of(std::int64_t id) const {
    const auto found = ids_.find(id);
    return found == ids_.end() ? 0 : found->second + 1;
  }

  void link() {
    std::vector<Node>& nodes = document_.nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) ids_.emplace(nodes[i].id, i);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (const std::int64_t child : nodes[i].children) {
        const std::size_t at = index_of(child);
        if (at > 0 && at - 1 != i) nodes[at - 1].parent = static_cast<std::int64_t>(i) + 1;
      }
      const std::size_t parent = nodes[i].named_parent == 0 ? 0 : index_of(nodes[i].named_parent);
      if (parent > 0 && parent - 1 != i) nodes[i].parent = static_cast<std::int64_t>(parent);
    }
  }

  // Callers come before callees in most files, but need not.
  void push_all() {
    constexpr auto kNone = std::numeric_limits<std::size_t>::max();
    std::vector<Node>& nodes = document_.nodes;
    std::vector<bool> done(nodes.size());
    std::vector<bool> begun(nodes.size());
    stacks_.assign(nodes.size(), kRoot);
    std::vector<std::size_t> way;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (std::size_t at = i; at != kNone && !done[at];) {
        if (begun[at])
          throw Error(fmt::format("{}: node {} is its own caller", name_, nodes[at].id));
        begun[at] = true;
        way.push_back(at);
        at = nodes[at].parent == 0 ? kNone : static_cast<std::size_t>(nodes[at].parent) - 1;
      }
      for (; !way.empty(); way.pop_back()) {
        const std::size_t at = way.back();
        const std::int64_t parent = nodes[at].parent;
        stacks_[at] = push(parent == 0 ? kRoot : stacks_[static_cast<std::size_t>(parent) - 1], at);
        done[at] = true;
      }
    }
  }

  StackId push(StackId caller, std::size_t at) {
    Node& node = document_.nodes[at];
    if (node.parent == 0 && node.frame.function == "(root)") return kRoot;
    if (node.frame.function.empty()) node.frame.function = "(anonymous)";
    return profile_.push(caller, profile_.intern(node.frame));
  }

  void add_hits() {
    for (std::size_t i = 0; i < document_.nodes.size(); ++i) {
      profile_.add(stacks_[i], std::array{document_.nodes[i].hits});
    }
  }

  void add_samples() {
    constexpr std::int64_t kNanoseconds = 1000;
    profile_.default_value = document_.deltas.empty() ? 0 : 1;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < document_.samples.size(); ++i) {
      const std::int64_t delta = i < document_.deltas.size() ? document_.deltas[i] : 0;
      const std::int64_t time = checked_multiply(std::max<std::int64_t>(delta, 0), kNanoseconds);
      sum = checked_add(sum, time);
      const std::size_t at = index_of(document_.samples[i]);
      if (at == 0) {
        ++unknown_;
      } else {
        profile_.add(stacks_[at - 1], std::array{std::int64_t{1}, time});
      }
    }
    profile_.duration_ns = sum;
  }

  Document& document_;
  std::string_view name_;
  bool timed_;
  Profile profile_;
  std::unordered_map<std::int64_t, std::size_t> ids_;
  std::vector<StackId> stacks_;
  std::int64_t unknown_ = 0;
};

Recording parse(const Input& input) {
  Document document;
  JsonWalk walk(input);
  Reader reader(document);
  const bool whole = walk.read([&](const JsonEvent& event) { reader(event); });
  if (document.nodes.empty()) {
    throw Error(walk.here(whole ? "expected \"nodes\" of a CPU profile, found the end of the file"
                                : "the file ends before the first node is whole"));
  }
  if (whole && document.samples.size() != document.deltas.size() && !document.deltas.empty()) {
    throw Error(
        walk.here(fmt::format("expected as many \"timeDeltas\" as \"samples\", found {} "
                              "and {}",
                              document.deltas.size(), document.samples.size())));
  }
  Recording recording{.producer = "V8 CPU profiler"};
  Builder builder(document, input.name);
  recording.profiles.push_back(builder.build());
  if (!whole) {
    recording.lacks(walk.here(
        fmt::format("the file ends early: {} nodes and {} samples with {} times are before it",
                    document.nodes.size(), document.samples.size(), document.deltas.size())));
  }
  if (builder.unknown() > 0) {
    recording.lacks(walk.here(
        fmt::format("{} samples are of nodes that the file does not have", builder.unknown())));
  }
  return recording;
}

}  // namespace

constinit const Format kCpuprofileFormat = {
    .name = "cpuprofile",
    .summary = "CPU profile of V8: node --cpu-prof, Chromium's DevTools",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
