#pragma once

#include <cstdint>
#include <vector>

#include "lib/model/profile.h"
#include "parsers/perf_data_event.h"
#include "parsers/perf_data_places.h"
#include "parsers/perf_data_processes.h"
#include "parsers/perf_data_stacks.h"

namespace tidemark {

// What the first frame of a stack says.
enum class PerfNaming : std::uint8_t { kCommand, kPid, kTid };

// Makes the Profile of one event out of its stacks.
//
//   add(stack, off_cpu)..., take()
class PerfProfile {
 public:
  struct Options {
    PerfNaming naming = PerfNaming::kCommand;
    bool off_cpu = false;  // whether there is a third value
  };
  struct Source {  // all of it must outlive the PerfProfile
    const PerfProcesses& processes;
    const PerfPlaces& places;
  };

  PerfProfile(const PerfEvent& event, const Source& source, Options options);

  // Adds a stack; fastest when those that share outer frames come one after the
  // other, as they do in a file.
  StackId add(const PerfStack& stack, std::int64_t off_cpu);

  bool empty() const { return profile_.stacks() == 1; }
  Profile take();

 private:
  const std::vector<FrameId>& frames_of_place(std::uint32_t number);
  FrameId root_frame(const PerfOwner& owner);

  Source source_;
  Profile profile_;
  Options options_;
  PerfOwner owner_;                           // of the stack added last
  std::vector<std::uint32_t> last_;           // its frames' numbers, outermost first
  std::vector<StackId> path_;                 // the root frame's stack, then that of each number
  std::vector<std::vector<FrameId>> frames_;  // by number, outermost first; empty: not yet asked
};

}  // namespace tidemark
