#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/terminal.h"
#include "lib/inject/ladder.h"
#include "lib/process/interrupts.h"
#include "lib/process/proc.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"

namespace tidemark::memprof {

// What `memprof attach` was asked for.
struct StayOrder {
  pid_t pid = 0;
  bool tree = false;  // the processes below it too
  std::optional<Rung> rung;
  std::optional<std::chrono::milliseconds> run_for;
  std::chrono::milliseconds snapshot_every{0};  // 0: never
  HeapOrder heap;
  std::filesystem::path library;  // the agent
};

// A stay with a process that runs already, and goes on afterwards: climb onto the rung, wait,
// take what there is to read into raw/, leave. What happened is in directory.run().
//
//   Stay stay(order, directory);  stay.climb();  stay.wait();  stay.leave();
class Stay {
 public:
  Stay(const StayOrder& order, RunDirectory& directory);

  // Says on standard error where it stands. Throws Error when the process itself cannot be
  // climbed; of one below it that is a note.
  void climb();

  // Where it stands with the process itself. REQUIRES: climb().
  Rung rung() const { return places_.front().stand.rung(); }

  // Until the time is over, the process ends, or Ctrl-C.
  void wait();

  // Leaves every process, with what was learned in raw/.
  void leave();

 private:
  using Clock = std::chrono::steady_clock;
  struct Place {
    ProcessStatus process;  // as it was when we came
    Stand stand;
  };

  std::vector<ProcessStatus> wanted() const;
  void climb_one(const ProcessStatus& process);
  void sample();
  void take_snapshots();
  void copy(const Place& place);
  void note(std::string text);
  void note_cost(const Place& place);

  const StayOrder& order_;
  RunDirectory& directory_;
  Interrupts interrupts_;
  cli::ProgressLine progress_;
  std::vector<Place> places_;
  std::map<std::string, int> names_;  // given in raw/, how often
  std::optional<SeriesWriter> series_;
  std::optional<SeriesId> rss_;
  std::int64_t first_rss_ = 0;
  std::int64_t rss_bytes_ = 0;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point sampled_;
  Clock::time_point snapshot_at_;
};

}  // namespace tidemark::memprof
