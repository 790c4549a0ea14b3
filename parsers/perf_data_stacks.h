#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/id_table.h"

namespace tidemark {

// Whose sample it is.
struct PerfOwner {
  std::uint32_t event = 0;
  std::uint32_t command = 0;
  std::uint32_t pid = 0;  // 0 unless it matters
  std::uint32_t tid = 0;

  friend bool operator==(const PerfOwner&, const PerfOwner&) = default;
};

// Samples with the same owner and the same frames, added up.
struct PerfStack {
  PerfOwner owner;
  std::span<const std::uint32_t> frames;  // numbers of PerfPlaces, innermost first
  std::uint64_t hash = 0;
  std::uint64_t position = 0;  // of the first such sample
  std::int64_t period = 0;
  std::int64_t samples = 0;
};

// The different stacks of a recording.
class PerfStacks {
 public:
  struct Sample {
    PerfOwner owner;
    std::span<const std::uint32_t> frames;
    std::uint64_t position = 0;
    std::uint64_t period = 0;
  };

  // Counts a sample; gives the number of its stack. Positions must not fall.
  // Throws Error when a sum does not fit.
  std::uint32_t add(const Sample& sample);

  // Takes over the stacks of another part of the recording; gives the number
  // that each has here.
  std::vector<std::uint32_t> merge(PerfStacks other);

  const std::vector<PerfStack>& list() const { return list_; }

 private:
  std::uint32_t find_or_add(std::uint64_t hash, const PerfOwner& owner,
                            std::span<const std::uint32_t> frames);
  std::span<const std::uint32_t> keep(std::span<const std::uint32_t> frames);

  std::vector<PerfStack> list_;
  IdTable ids_;
  std::vector<std::unique_ptr<std::uint32_t[]>> blocks_;
  std::size_t block_size_ = 0;
  std::size_t used_ = 0;
};

}  // namespace tidemark
