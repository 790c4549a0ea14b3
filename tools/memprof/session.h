#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/terminal.h"
#include "lib/process/guard.h"
#include "lib/process/interrupts.h"
#include "lib/process/load.h"
#include "lib/process/tree.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"
#include "tools/memprof/probes.h"
#include "tools/memprof/settings.h"

namespace tidemark::memprof {

// A directory of our own for vgdb's pipes, in TMPDIR; gone with its owner. When
// we are root, everyone may make files in it: a target that gives up root opens
// its pipes as another user.
class PipeDirectory {
 public:
  PipeDirectory();
  ~PipeDirectory();
  PipeDirectory(const PipeDirectory&) = delete;
  PipeDirectory& operator=(const PipeDirectory&) = delete;

  std::filesystem::path prefix() const { return path_ / "vgdb"; }

 private:
  std::filesystem::path path_;
};

// The life of one run: start the target under the profiler, wait until it is
// ready, load it, ask for intermediate results, and stop all of it. What
// happened is in directory.run(): end, load_end, notes.
//
//   Session session(settings, directory);  session.run();
class Session {
 public:
  Session(const Settings& settings, RunDirectory& directory);
  void run();

  // Why the run cannot be trusted although the target ended well: it was to
  // serve, and ended while the load went on. Empty: nothing.
  const std::string& early_end() const { return early_end_; }

  // How often Ctrl-C was pressed.
  int interrupts() const { return interrupts_.count(); }

 private:
  using Clock = std::chrono::steady_clock;

  void start();
  bool become_ready();
  void serve();
  void stop();
  void warn_of_closed_way();
  void note_scenario(End& end);
  void finish_profiler();

  // Waits a little, samples, shows progress. False: the run is to end now, and
  // `why_` or the target's end say why.
  bool go_on(std::string_view phase);
  void sample();
  void show(std::string_view phase);
  void note(std::string text);
  void note_problems();
  Command wrapped() const;
  TreeOptions tree_options() const;
  pid_t whom_to_ask() const;

  const Settings& settings_;
  RunDirectory& directory_;
  PipeDirectory pipes_;
  Interrupts interrupts_;
  Guard guard_;
  cli::ProgressLine progress_;
  std::optional<Tree> target_;
  std::optional<End> ended_;
  std::optional<Load> load_;
  std::optional<Probes> probes_;
  std::optional<SeriesWriter> series_;
  std::optional<SeriesId> rss_;
  std::int64_t rss_bytes_ = 0;
  Clock::time_point started_ = Clock::now();
  Clock::time_point sampled_;
  std::string why_;  // why we stop it; empty: its time is up
  std::string early_end_;
};

// The last lines that the target wrote, as they may go to a terminal.
std::vector<std::string> last_lines(const std::filesystem::path& directory);

}  // namespace tidemark::memprof
