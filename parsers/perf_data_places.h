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

// An address in what is mapped in a process, or in the kernel.
struct PerfPlace {
  static constexpr std::uint32_t kKernel = 0xFFFFFFFF;

  std::uint64_t address = 0;
  std::uint32_t space = 0;  // of PerfProcesses, or kKernel

  friend bool operator==(const PerfPlace&, const PerfPlace&) = default;
};

// The frames that addresses stand for, by number. Frames of equal places in the
// same module have equal numbers, whatever the process. Numbers depend on the
// order in which threads ask; frames do not.
class PerfPlaces {
 public:
  // Both must outlive this.
  PerfPlaces(const PerfProcesses& processes, const NamePlace& name_place);

  // The number of what `place` stands for: a frame, or several. Any thread may
  // call it.
  std::uint32_t find(const PerfPlace& place);

  // The frames of that number, innermost first. Not while others call find().
  std::span<const Frame> frames(std::uint32_t number) const;

  // What was mapped where frames were found, with its build ids.
  std::vector<Mapping> modules() const;

 private:
  // The same place in the object that is mapped there.
  struct ObjectPlace {
    std::uint32_t object = 0;
    std::uint64_t offset = 0;

    friend bool operator==(const ObjectPlace&, const ObjectPlace&) = default;
  };
  static constexpr std::uint32_t kNoObject = 0xFFFFFFFF;
  static constexpr std::uint32_t kKernelItself = 0xFFFFFFFE;  // somewhere in it

  std::uint32_t find_new(const PerfPlace& place);
  std::uint32_t find_in_object(const ObjectPlace& where, std::uint64_t address);
  std::vector<Frame> make_frames(const ObjectPlace& where, std::uint64_t address);
  std::uint32_t intern(std::vector<Frame> frames);
  Mapping module_of(std::uint32_t object) const;

  const PerfProcesses& processes_;
  const NamePlace& name_place_;
  std::mutex mutex_;
  IdTable ids_;
  std::vector<PerfPlace> places_;
  std::vector<std::uint32_t> numbers_;  // of places_
  IdTable object_ids_;
  std::vector<ObjectPlace> object_places_;
  std::vector<std::uint32_t> object_numbers_;  // of object_places_
  IdTable frame_ids_;
  std::vector<std::vector<Frame>> frames_;
  std::vector<Mapping> modules_;  // by object; without a path until it is used
};

}  // namespace tidemark
