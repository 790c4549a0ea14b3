#include "lib/analyze/flame_chart.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

class Chart {
 public:
  Chart(const Profile& profile, bool reverse) : profile_(profile), reverse_(reverse) {
    std::unordered_map<std::string, std::uint32_t> ids;
    graph_.names.emplace_back("all");
    for (std::uint32_t i = 0; i < profile.frames(); ++i) {
      const auto [found, fresh] =
          ids.try_emplace(name_of(profile.frame(FrameId{i})), graph_.names.size());
      if (fresh) graph_.names.push_back(found->first);
      name_of_frame_.push_back(found->second);
    }
    graph_.boxes.push_back({});
    open_.push_back(0);
  }

  void add(const Moment& moment) {
    if (moment.value <= 0) return;
    names_.clear();
    for (StackId at = moment.stack; at != kRoot; at = profile_.caller(at)) {
      names_.push_back(name_of_frame_[static_cast<std::size_t>(profile_.leaf(at))]);
    }
    if (!reverse_) std::ranges::reverse(names_);
    std::size_t same = 0;  // of names_; open_ has "all" before them
    while (same < names_.size() && same + 1 < open_.size() &&
           graph_.boxes[open_[same + 1]].name == names_[same]) {
      ++same;
    }
    close(same + 1);
    for (; same < names_.size(); ++same) {
      const auto depth = static_cast<std::uint32_t>(same + 1);
      const auto box = static_cast<std::uint32_t>(graph_.boxes.size());
      graph_.boxes.push_back(
          {.caller = open_.back(), .depth = depth, .name = names_[same], .start = now_});
      open_.push_back(box);
    }
    now_ = checked_add(now_, moment.value);
    graph_.boxes[open_.back()].self += moment.value;
  }

  FlameGraph take() {
    close(0);
    graph_.total = now_;
    return std::move(graph_);
  }

 private:
  // Ends the calls from `depth` on.
  void close(std::size_t depth) {
    for (std::size_t i = depth; i < open_.size(); ++i) {
      FlameGraph::Box& box = graph_.boxes[open_[i]];
      box.total = now_ - box.start;
    }
    open_.resize(std::min(open_.size(), depth));
  }

  const Profile& profile_;
  bool reverse_;
  FlameGraph graph_;
  std::vector<std::uint32_t> name_of_frame_;
  std::vector<std::uint32_t> open_;   // boxes, "all" first
  std::vector<std::uint32_t> names_;  // of the sample's frames
  std::int64_t now_ = 0;
};

// Drops what is too narrow; what it calls is narrower still.
void prune(FlameGraph& graph, std::int64_t smallest) {
  std::vector<std::uint32_t> place(graph.boxes.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.boxes.size(); ++i) {
    FlameGraph::Box box = graph.boxes[i];
    if (i > 0 && box.total < smallest) continue;
    box.caller = place[box.caller];
    place[i] = static_cast<std::uint32_t>(kept);
    graph.depth = std::max(graph.depth, box.depth);
    graph.boxes[kept++] = box;
  }
  graph.left_out = graph.boxes.size() - kept;
  graph.boxes.resize(kept);
}

}  // namespace

FlameGraph flame_chart(const Profile& profile, const FlameOptions& options) {
  Chart chart(profile, options.reverse);
  for (const Moment& moment : profile.timeline) chart.add(moment);
  FlameGraph graph = chart.take();
  graph.total = std::max(graph.total, static_cast<std::int64_t>(options.total));
  const double smallest = std::ceil(static_cast<double>(graph.total) * options.minimum);
  prune(graph, std::max<std::int64_t>(1, static_cast<std::int64_t>(smallest)));
  return graph;
}

}  // namespace tidemark
