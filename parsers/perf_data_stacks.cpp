#include "parsers/perf_data_stacks.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;  // numbers: 1 MiB

std::uint64_t seed_of(const PerfOwner& owner) {
  std::uint64_t seed = std::uint64_t{owner.event} << 32 | owner.command;
  seed = (seed ^ (seed >> 29)) * 0xBF58476D1CE4E5B9U;
  return seed ^ (std::uint64_t{owner.pid} << 32 | owner.tid);
}

std::string_view bytes_of(std::span<const std::uint32_t> numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

}  // namespace

std::uint32_t PerfStacks::find_or_add(std::uint64_t hash, const PerfOwner& owner,
                                      std::span<const std::uint32_t> frames) {
  return ids_.find_or_add(hash, [&](std::uint32_t i) {
    const PerfStack& other = list_[i];
    return other.hash == hash && other.owner == owner && bytes_of(other.frames) == bytes_of(frames);
  });
}

std::uint32_t PerfStacks::add(const Sample& sample) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (sample.period > kMost) throw Error("a sample's period does not fit 63 bits");
  const std::uint64_t hash = hash_of(bytes_of(sample.frames), seed_of(sample.owner));
  const std::uint32_t id = find_or_add(hash, sample.owner, sample.frames);
  if (id == list_.size()) {
    list_.push_back({.owner = sample.owner,
                     .frames = keep(sample.frames),
                     .hash = hash,
                     .position = sample.position});
  }
  PerfStack& stack = list_[id];
  stack.period = checked_add(stack.period, static_cast<std::int64_t>(sample.period));
  ++stack.samples;
  return id;
}

std::span<const std::uint32_t> PerfStacks::keep(std::span<const std::uint32_t> frames) {
  if (frames.empty()) return {};
  if (frames.size() > block_size_ - used_) {
    block_size_ = std::max(kBlock, frames.size());
    blocks_.emplace_back(new std::uint32_t[block_size_]);  // not filled with zeros
    used_ = 0;
  }
  std::uint32_t* const copy = blocks_.back().get() + used_;
  std::memcpy(copy, frames.data(), frames.size_bytes());
  used_ += frames.size();
  return {copy, frames.size()};
}

std::vector<std::uint32_t> PerfStacks::merge(PerfStacks other) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(other.list_.size());
  for (const PerfStack& stack : other.list_) {
    const std::uint32_t id = find_or_add(stack.hash, stack.owner, stack.frames);
    numbers.push_back(id);
    if (id == list_.size()) {
      list_.push_back(stack);
      continue;
    }
    PerfStack& mine = list_[id];
    mine.position = std::min(mine.position, stack.position);
    mine.period = checked_add(mine.period, stack.period);
    mine.samples += stack.samples;
  }
  // In front: the last block is the one that keep() fills.
  blocks_.insert(blocks_.begin(), std::make_move_iterator(other.blocks_.begin()),
                 std::make_move_iterator(other.blocks_.end()));
  return numbers;
}

}  // namespace tidemark
