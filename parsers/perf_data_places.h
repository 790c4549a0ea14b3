#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "lib/base/id_table.h"
#include "lib/model/frame.h"
#include "lib/model/profile.h"
#include "parsers/perf_data.h"
#include "parsers/perf_data_processes.h"

namespace tidemark {

// A place in something that can be mapped: in whatever process, it is the same.
struct PerfPlace {
  static constexpr std::uint32_t kNoObject = 0xFFFFFFFF;      // nothing is mapped there
  static constexpr std::uint32_t kKernelItself = 0xFFFFFFFE;  // somewhere in the kernel

  std::uint32_t object = kNoObject;  // of PerfObjects
  std::uint64_t offset = 0;          // in the object's file, or the address

  friend bool operator==(const PerfPlace&, const PerfPlace&) = default;
};

// Addresses of one space, from `start` on, that are in one object.
struct PerfRange {
  std::uint32_t space = 0;
  std::uint32_t object = PerfPlace::kNoObject;
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::uint64_t base = 0;  // an address less this is the offset in the object

  bool has(std::uint32_t in_space, std::uint64_t address) const {
    return in_space == space && address - start < size;
  }
  PerfPlace at(std::uint64_t address) const { return {.object = object, .offset = address - base}; }
};

// The frames that places stand for, by number. Numbers depend on the order in
// which threads ask; frames do not.
class PerfPlaces {
 public:
  static constexpr std::uint32_t kKernelSpace = 0xFFFFFFFF;

  // Both must outlive this.
  PerfPlaces(const PerfProcesses& processes, const NamePlace& name_place);

  // What `address` is in, in a space of PerfProcesses or in the kernel's. Any
  // thread may call it.
  PerfRange range_at(std::uint32_t space, std::uint64_t address) const;

  // The number of what `place` stands for: a frame, or several. Any thread may
  // call it.
  std::uint32_t find(const PerfPlace& place);

  // The frames of that number, innermost first. Not while others call find().
  std::span<const Frame> frames(std::uint32_t number) const;

  // What was mapped where frames were found, with its build ids.
  std::vector<Mapping> modules() const;

 private:
  std::vector<Frame> make_frames(const PerfPlace& place);
  std::uint32_t intern(std::vector<Frame> frames);
  Mapping module_of(std::uint32_t object) const;
  Mapping module_of_kernel() const;

  const PerfProcesses& processes_;
  const NamePlace& name_place_;
  std::mutex mutex_;
  IdTable ids_;
  std::vector<PerfPlace> places_;
  std::vector<std::uint32_t> numbers_;  // of places_
  IdTable frame_ids_;
  std::vector<std::vector<Frame>> frames_;
  std::vector<Mapping> modules_;  // by object; without a path until it is used
};

}  // namespace tidemark
