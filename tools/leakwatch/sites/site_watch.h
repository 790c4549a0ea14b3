#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/tree.h"
#include "tools/leakwatch/sites/heap_source.h"
#include "tools/leakwatch/sites/heap_stands.h"

namespace tidemark::leakwatch {

// Takes heap dumps of a live target on a schedule, keeps their number bounded, and has
// them analysed as they come:
//
//   SiteWatch sites(plan, directory);
//   Tree::start(sites.wrap(command)); loop { sites.advance(pids of the target); }
//   sites.finish(pids);  // before the target is stopped
//
// A round is one dump of each process, one after the other. A live file is copied. Of those
// that write when they are asked, forked processes write files of the same names: each file
// is renamed as soon as it is whole. All are then called "heap_PID.ROUND.heap" or ".tmheap". When
// there are more than kMostRounds, every second one is removed and the time between two is doubled:
// there are always 24 to 48, evenly spaced from the start, and nobody has to say how long a soak
// will be.
//
// Dumps of a watcher before us in the same directory count among them.
//
// The analysis is `leakwatch sites` as a process of its own, at low priority: it takes
// memory and time as it needs, and the watch stays as small as it is. It is started when a
// round is done, unless it would take more than kMostCost of the time.
struct SitePlan {
  const HeapSource* source = nullptr;  // null: sites are not watched
  std::chrono::milliseconds every{0};  // between rounds at the beginning
  std::uint64_t mean_bytes = 0;        // between two samples; 0: the source's default
  std::uint32_t max_overhead_ppm = 0;  // of the target's CPU time; 0: the source's default
};

class SiteWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostRounds = 48;
  static constexpr double kMostCost = 0.002;

  // `directory`: the run directory, to whose raw/ the dumps go and which gets
  // sites.json. REQUIRES: the plan has a source.
  SiteWatch(const SitePlan& plan, const std::filesystem::path& directory);

  Command wrap(const Command& target) const;

  // Does what is due, without waiting.
  void advance(const std::vector<pid_t>& target);

  // Takes a last round and waits for it and for the last analysis, so long at most.
  void finish(const std::vector<pid_t>& target, std::chrono::milliseconds limit);

  // What went wrong since the last call, one line each; and where we stand with processes.
  std::vector<std::string> news();
  std::vector<std::string> standing();

  // Counts the analyses: sites.json is another one when it changed.
  std::int64_t analyses() const { return analyses_; }

  std::size_t rounds() const { return rounds_.size(); }

 private:
  struct FileState {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type written;
    friend bool operator==(const FileState&, const FileState&) = default;
  };
  using Files = std::map<std::filesystem::path, FileState>;
  struct Round {
    std::int64_t number = 0;
    std::vector<std::filesystem::path> files;
  };

  void adopt();
  void begin_round(const std::vector<pid_t>& target);
  void ask_next();
  void copy_next();
  void copy_left_files();
  void keep(pid_t pid, const std::filesystem::path& file);
  void look_for_file();
  void end_round();
  void thin();
  bool round_is_done();
  bool analysis_is_done();
  void analyse();
  void follow_analysis();
  Files fresh_files() const;
  void complain(std::string text);

  SitePlan plan_;
  const HeapSource& source_;
  std::optional<HeapStands> stands_;
  std::filesystem::path directory_;
  std::filesystem::path raw_;
  std::chrono::milliseconds every_;
  Clock::time_point due_;
  std::int64_t next_round_ = 1;
  std::vector<Round> rounds_;
  Clock::time_point began_;     // the last round
  std::optional<Round> open_;   // the round that is being taken
  std::deque<pid_t> waiting_;   // processes that are to be asked in it
  pid_t asked_ = 0;             // 0: nobody
  Clock::time_point patience_;  // until when its file is waited for
  Files before_;                // what lay there when it was asked
  std::optional<Tree> analysis_;
  Clock::time_point analysis_began_;
  Clock::time_point analysis_due_;
  bool analysis_wanted_ = false;
  std::int64_t analyses_ = 0;
  std::vector<std::string> news_;
};

}  // namespace tidemark::leakwatch
