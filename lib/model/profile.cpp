#include "lib/model/profile.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

std::uint64_t hash_of(const Frame& frame) {
  const std::uint64_t places[] = {static_cast<std::uint64_t>(frame.line), frame.address,
                                  frame.offset, frame.inlined ? 1U : 0U};
  std::uint64_t hash = tidemark::hash_of({reinterpret_cast<const char*>(places), sizeof places});
  hash = tidemark::hash_of(frame.function, hash);
  hash = tidemark::hash_of(frame.file, hash);
  return tidemark::hash_of(frame.module, hash);
}

std::uint64_t hash_of(StackId caller, FrameId frame) {
  std::uint64_t hash = static_cast<std::uint64_t>(caller) << 32 | static_cast<std::uint32_t>(frame);
  hash = (hash ^ (hash >> 31)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBU;
  return hash ^ (hash >> 31);
}

}  // namespace

std::string name_of(const Frame& frame) {
  if (!frame.function.empty()) return frame.function;
  if (!frame.module.empty()) {
    const std::size_t slash = frame.module.rfind('/');
    const std::string base =
        slash == std::string::npos ? frame.module : frame.module.substr(slash + 1);
    if (frame.offset != 0) return fmt::format("{}+0x{:x}", base, frame.offset);
    return frame.address == 0 ? base : fmt::format("{} [0x{:x}]", base, frame.address);
  }
  if (frame.address != 0) return fmt::format("0x{:x}", frame.address);
  return "[unknown]";
}

Profile::Profile(std::vector<ValueType> value_types)
    : value_types_(std::move(value_types)),
      frames_(std::make_shared<Frames>()),
      nodes_{{.caller = kRoot, .frame = FrameId{}}},
      values_(value_types_.size()) {}

Profile Profile::sharing_frames(const Profile& other) {
  Profile profile(other.value_types_);
  profile.frames_ = other.frames_;
  return profile;
}

Profile::Frames& Profile::own_frames() {
  if (frames_.use_count() > 1) frames_ = std::make_shared<Frames>(*frames_);
  return *frames_;
}

FrameId Profile::intern(const Frame& frame) {
  Frames& frames = own_frames();
  const std::uint32_t id = frames.ids.find_or_add(
      hash_of(frame), [&](std::uint32_t other) { return frames.list[other] == frame; });
  if (id == frames.list.size()) frames.list.push_back(frame);
  return FrameId{id};
}

void Profile::describe(FrameId frame, Frame better) {
  own_frames().list[static_cast<std::size_t>(frame)] = std::move(better);
}

StackId Profile::push(StackId caller, FrameId frame) {
  assert(static_cast<std::size_t>(caller) < nodes_.size());
  while (stack_ids_.size() + 1 < nodes_.size()) {
    const Node& node = nodes_[stack_ids_.size() + 1];
    stack_ids_.find_or_add(hash_of(node.caller, node.frame), [](std::uint32_t) { return false; });
  }
  const std::uint32_t index =
      stack_ids_.find_or_add(hash_of(caller, frame), [&](std::uint32_t other) {
        const Node& node = nodes_[other + 1];
        return node.caller == caller && node.frame == frame;
      });
  const StackId stack{index + 1};
  return static_cast<std::size_t>(stack) < nodes_.size() ? stack : append(caller, frame);
}

StackId Profile::append(StackId caller, FrameId frame) {
  assert(static_cast<std::size_t>(caller) < nodes_.size());
  nodes_.push_back({.caller = caller, .frame = frame});
  return StackId{static_cast<std::uint32_t>(nodes_.size() - 1)};
}

void Profile::reserve(std::size_t stacks) { nodes_.reserve(stacks); }

std::size_t Profile::own_row(StackId stack) {
  const auto index = static_cast<std::size_t>(stack);
  if (index >= rows_.size()) rows_.resize(nodes_.size());
  std::uint32_t& row = rows_[index];
  const std::size_t width = value_types_.size();
  if (row == 0) {
    row = static_cast<std::uint32_t>(rows_in_use_++);
    values_.resize(rows_in_use_ * width);
    if (!variances_.empty()) variances_.resize(values_.size());
  }
  return row * width;
}

void Profile::add(StackId stack, std::span<const std::int64_t> values) {
  assert(values.size() == value_types_.size());
  const std::size_t start = own_row(stack);  // may move values_
  std::int64_t* const mine = values_.data() + start;
  for (std::size_t i = 0; i < values.size(); ++i) mine[i] = checked_add(mine[i], values[i]);
}

std::span<const std::int64_t> Profile::self(StackId stack) const {
  return {values_.data() + row(stack), value_types_.size()};
}

void Profile::add_variance(StackId stack, std::span<const double> variances) {
  assert(variances.size() == value_types_.size());
  const std::size_t start = own_row(stack);
  variances_.resize(values_.size());
  for (std::size_t i = 0; i < variances.size(); ++i) variances_[start + i] += variances[i];
}

double Profile::variance(StackId stack, std::size_t value_type) const {
  return variances_.empty() ? 0 : variances_[row(stack) + value_type];
}

std::vector<std::int64_t> Profile::total() const {
  std::vector<std::int64_t> sum(value_types_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::int64_t& mine = sum[i % sum.size()];
    mine = checked_add(mine, values_[i]);
  }
  return sum;
}

std::vector<Frame> frames_of(const Profile& profile, StackId stack) {
  std::vector<Frame> frames;
  for (; stack != kRoot; stack = profile.caller(stack)) {
    frames.push_back(profile.frame(profile.leaf(stack)));
  }
  return frames;
}

}  // namespace tidemark
