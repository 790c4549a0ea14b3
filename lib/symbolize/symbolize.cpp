#include "lib/symbolize/symbolize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "lib/model/graft.h"

namespace tidemark {
namespace {

Frame with_module(const Frame& frame, const std::map<std::uint64_t, const Mapping*>& mappings) {
  Frame placed = frame;
  if (!frame.module.empty() || frame.address == 0) return placed;
  const auto above = mappings.upper_bound(frame.address);
  if (above == mappings.begin()) return placed;
  const Mapping& mapping = *std::prev(above)->second;
  if (frame.address >= mapping.end) return placed;
  placed.module = mapping.path;
  placed.offset = frame.address - mapping.start + mapping.offset;
  return placed;
}

// Whether there is something to look up, and a place to look it up with.
bool is_bare(const Frame& frame) {
  return frame.function.empty() && !frame.module.empty() && frame.offset != 0;
}

// The frames that stand for `frame`, innermost first: itself when nothing
// better is known.
std::vector<Frame> frames_for(const Frame& frame, Symbolizer& symbolizer) {
  if (!is_bare(frame)) return {frame};
  std::vector<Frame> better = symbolizer.frames_at(frame.module, frame.offset);
  if (better.empty()) return {frame};
  for (Frame& one : better) one.address = frame.address;
  return better;
}

void copy_description(const Profile& from, Profile& to) {
  to.title = from.title;
  to.default_value = from.default_value;
  to.pid = from.pid;
  to.at = from.at;
  to.at_unit = from.at_unit;
  to.duration_ns = from.duration_ns;
  to.mappings = from.mappings;
}

// The frames of findings, which share what is known of one place.
class SharedFrames {
 public:
  explicit SharedFrames(Symbolizer& symbolizer) : symbolizer_(symbolizer) {}

  // `stack` with the calls that its bare frames stand for.
  CallStack better(const CallStack& stack) {
    Frames frames;
    for (const Frame& frame : stack) {
      if (is_bare(frame)) {
        const Frames& more = at(frame);
        frames.insert(frames.end(), more.begin(), more.end());
      } else {
        frames.push_back(std::make_shared<const Frame>(frame));
      }
    }
    return CallStack(std::move(frames));
  }

 private:
  using Frames = std::vector<CallStack::Shared>;

  const Frames& at(const Frame& frame) {
    const auto [entry, fresh] = known_.try_emplace({frame.module, frame.offset});
    if (fresh) {
      for (Frame& one : frames_for(frame, symbolizer_)) {
        entry->second.push_back(std::make_shared<const Frame>(std::move(one)));
      }
    }
    return entry->second;
  }

  Symbolizer& symbolizer_;
  std::map<std::pair<std::string, std::uint64_t>, Frames> known_;
};

}  // namespace

Profile symbolized(const Profile& profile, Symbolizer& symbolizer) {
  std::map<std::uint64_t, const Mapping*> mappings;
  for (const Mapping& mapping : profile.mappings) {
    mappings[mapping.start] = &mapping;
    symbolizer.expect(mapping.path, mapping.build_id);
  }
  Profile better(profile.value_types());
  std::vector<std::vector<FrameId>> frames(profile.frames());  // outermost first
  for (std::size_t i = 0; i < profile.frames(); ++i) {
    const Frame placed =
        with_module(profile.frame(FrameId{static_cast<std::uint32_t>(i)}), mappings);
    const std::vector<Frame> known = frames_for(placed, symbolizer);
    for (std::size_t k = known.size(); k-- > 0;) frames[i].push_back(better.intern(known[k]));
  }
  const std::vector<StackId> stacks = grafted_stacks(profile, better, frames);
  std::vector<double> variances(profile.value_types().size());
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) {
    const std::span<const std::int64_t> values = profile.self(StackId{i});
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) continue;
    better.add(stacks[i], values);
    if (!profile.sampled()) continue;
    for (std::size_t v = 0; v < variances.size(); ++v) {
      variances[v] = profile.variance(StackId{i}, v);
    }
    better.add_variance(stacks[i], variances);
  }
  copy_description(profile, better);
  better.timeline = profile.timeline;
  for (Moment& moment : better.timeline) {
    moment.stack = stacks[static_cast<std::size_t>(moment.stack)];
  }
  return better;
}

void symbolize(std::vector<Finding>& findings, Symbolizer& symbolizer) {
  SharedFrames known(symbolizer);
  for (Finding& finding : findings) {
    for (LabelledStack& stack : finding.stacks) {
      if (std::ranges::any_of(stack.frames, is_bare)) stack.frames = known.better(stack.frames);
    }
  }
}

}  // namespace tidemark
