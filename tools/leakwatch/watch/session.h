#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/interrupts.h"
#include "lib/process/load.h"
#include "lib/process/ready.h"
#include "lib/process/tree.h"
#include "lib/run/run_directory.h"
#include "lib/soak/soak_judge.h"
#include "tools/leakwatch/sites/site_watch.h"
#include "tools/leakwatch/view/live_view.h"
#include "tools/leakwatch/watch/alarms.h"
#include "tools/leakwatch/watch/former.h"
#include "tools/leakwatch/watch/metrics.h"
#include "tools/leakwatch/watch/plan.h"
#include "tools/leakwatch/watch/proc_reader.h"
#include "tools/leakwatch/watch/recorder.h"
#include "tools/leakwatch/watch/sampler.h"
#include "tools/leakwatch/watch/soak_clock.h"
#include "tools/leakwatch/watch/target.h"
#include "tools/leakwatch/watch/verdict_file.h"

namespace tidemark::leakwatch {

// The life of one soak: find or start the target, take a row after the other until
// its time is up, judge, and leave a run directory. A process that we did not start
// is never touched; one that we started is ended with all of its own.
//
//   Session session(plan, directory);  const Outcome outcome = session.run();
class Session {
 public:
  // Goes on with the soak that `directory` holds when the plan says so. Throws Error.
  Session(const Plan& plan, RunDirectory& directory);
  Outcome run();

 private:
  using Clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  void prepare();
  void start_target();
  void watch();
  void wait_until(Clock::time_point moment);
  void attend();
  void attend_sites();
  void attend_load();
  void finish_load();
  void say_of_sites();
  void read_why();
  void finish_sites();
  std::vector<pid_t> pids() const;

  void take_row();
  void note_clock(const SoakClock::Tick& tick);
  void note_life();
  void begin_life();
  void check_limits();
  void check_kills(const soak::Values& values);
  void raise(const std::string& text);

  void judge();
  bool judge_is_due() const;
  void keep();
  void show();
  void say(const std::string& text);

  bool is_over();
  bool target_is_gone();
  void finish();
  void say_cost();
  Outcome outcome() const;

  const Plan& plan_;
  RunDirectory& directory_;
  soak::SoakSettings settings_;
  Interrupts interrupts_;
  ProcReader reader_;
  Former former_;
  std::optional<soak::SoakJudge> judge_;
  std::optional<Target> target_;
  std::optional<Tree> tree_;
  std::optional<End> ended_;
  std::optional<Sampler> sampler_;
  std::optional<SoakClock> clock_;
  std::optional<Recorder> recorder_;
  Metrics metrics_;
  Alarms alarms_;
  std::optional<SiteWatch> sites_;
  std::optional<ReadyProbe> ready_;  // of a target that we started, for the load
  std::optional<Load> load_;
  bool load_began_ = false;
  Lives lives_;
  verdict::LeakVerdict verdict_;
  std::vector<Exceeded> exceeded_;
  std::vector<MetricValue> metric_values_;
  std::int64_t at_ms_ = 0;  // of the last row
  std::int64_t watched_ms_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t judged_ms_ = 0;
  std::int64_t shown_ms_ = 0;
  std::int64_t kept_ms_ = 0;
  std::int64_t down_since_ms_ = 0;  // 0: it lives
  std::optional<LiveView> view_;
  soak::Values row_;  // the last one
  std::optional<std::int64_t> oom_kills_;
  std::optional<std::int64_t> first_own_rss_;
  std::optional<verdict::Answer> shown_answer_;
  std::int64_t analyses_ = 0;  // of the sites, as far as they were read
  std::string why_grows_;      // what the last one said
  std::string why_;            // why it is stopped before its time
  std::string failure_;        // why the target cannot be judged
  bool alarmed_ = false;
  bool over_ = false;
};

}  // namespace tidemark::leakwatch
