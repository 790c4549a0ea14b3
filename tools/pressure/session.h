#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/process/custodian.h"
#include "lib/process/interrupts.h"
#include "tools/pressure/collect.h"
#include "tools/pressure/company.h"
#include "tools/pressure/engine/address.h"
#include "tools/pressure/engine/driver.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/engine/tally.h"
#include "tools/pressure/faults/faults.h"
#include "tools/pressure/memory.h"
#include "tools/pressure/outputs.h"
#include "tools/pressure/rungs.h"
#include "tools/pressure/settings.h"
#include "tools/pressure/target/host_guard.h"
#include "tools/pressure/target/target_process.h"

namespace tidemark::pressure {

// The life of one run: find or start the target, see that all that is asked for can be
// done, measure how slow a profiler makes it, apply the load, watch, judge. What it started
// or changed is ended and taken back, however it ends.
//
//   Session session(settings);  const load::RunResult result = session.run();
class Session {
 public:
  explicit Session(const Settings& settings);

  // Throws UsageError or Error when the run cannot begin.
  load::RunResult run();

 private:
  void prepare();
  std::string wait_for_target() const;
  void reach_target();
  void calibrate();
  void drive();
  void end_target();
  void begin_stage(std::size_t stage);
  void end_stage();
  void close_second();
  void tick();
  void take_second(const Second& second);
  // The target's resident memory; nothing when it is not known.
  std::optional<std::int64_t> watch_target(std::int64_t at_ms);
  const Counts& mix_of(const Second& second);

  // Ends the run before its time; the first reason counts.
  void stop(load::Ending ending, const std::string& why);
  void finish();
  void judge_it();
  std::string why_not_valid() const;
  std::vector<Measures::Former> formers() const;
  bool interrupted() const { return interrupts_.count() > 0; }
  std::string stage_name() const;

  const Settings& settings_;
  const load::Scenario& scenario_;
  const std::vector<load::Stage> stages_;
  Interrupts interrupts_;
  Custodian custodian_;
  TargetProcess target_;
  HostGuard guard_;
  MemoryWatch memory_;
  std::optional<Addresses> addresses_;
  Loop loop_;
  Tally tally_;
  Rungs rungs_;
  std::optional<Faults> faults_;
  std::optional<Company> company_;
  std::unique_ptr<Driver> driver_;
  std::optional<Outputs> outputs_;
  std::vector<bool> in_mix_;  // by LabelId
  Counts all_;                // of the mix, in the second that ends
  load::RunResult result_;
  std::vector<StageTimes> times_;
  std::optional<std::size_t> stage_;
  std::optional<load::Ending> early_;  // why it ended before its time, with result_.why
  Time second_began_ = 0;
  Time next_tick_ = 0;
};

}  // namespace tidemark::pressure
