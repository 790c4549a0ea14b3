#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/process/proc.h"
#include "lib/process/ready.h"
#include "lib/process/tree.h"

namespace tidemark::pressure {

// What the target's process tree uses.
struct TargetReading {
  std::int64_t rss_bytes = 0;
  std::int64_t anon_bytes = 0;
  std::int64_t cpu_ms = 0;
  std::int64_t descriptors = 0;  // of those processes that we may look into
  int processes = 0;
  int threads = 0;
};

// The processes of a scenario's target: launched by us, or there already and named by its
// pid, or not known at all (then nothing is read and it never dies).
//
//   TargetProcess target(scenario, directory);  target.start(give_up);
//   each second: target.read(), target.died();  at the end: target.stop()
//
// The destructor ends what was launched. REQUIRES: made and started, also again, while
// the calling process has one thread.
class TargetProcess {
 public:
  // Its output is kept in `directory`, as target.stdout and target.stderr. Throws
  // UsageError for a plan with a profiler, Error for a pid that nobody has.
  TargetProcess(const load::Scenario& scenario, const std::filesystem::path& directory);

  // Launches it and waits until it is ready; does nothing when it is there already.
  // Throws Error when it ends before, when it is not ready in time, and when `give_up`,
  // asked several times a second, says so.
  void start(const std::function<bool()>& give_up);

  bool known() const { return scenario_->launch || scenario_->pid; }
  bool launched() const { return scenario_->launch.has_value(); }

  // All that live, the root first.
  std::vector<ProcessStatus> processes() const;

  // Nothing while none of it lives. Costs a few small files of /proc for each process.
  std::optional<TargetReading> read() const;

  // Why it is gone, for people; nothing while it lives, and while it is gone because of
  // kill(). A target that was killed and is not started again stays gone, and that is
  // what was wanted.
  std::optional<std::string> died();

  // REQUIRES: launched(). Ends all of it at once, by SIGKILL.
  void kill();
  // Starts it again; is_ready() says when it is. Throws Error.
  void restart();
  // False too long after restart() makes died() say so.
  bool is_ready();

  // SIGTERM and, when it does not end, SIGKILL. How it ended; nothing when it was not
  // launched, or ended before.
  std::optional<End> stop();

 private:
  void launch();

  const load::Scenario* scenario_;
  TreeOptions output_;
  std::optional<Readiness> readiness_;
  std::optional<Tree> tree_;
  std::optional<ReadyProbe> probe_;  // while it is not ready
  std::int64_t not_later_ms_ = 0;    // by when it must be
  std::optional<ProcessStatus> process_;
  int lives_ = 0;
};

}  // namespace tidemark::pressure
