#include "tools/signoff/run/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/quantities.h"
#include "lib/process/interrupts.h"
#include "tools/signoff/run/interruption.h"
#include "tools/signoff/run/job.h"
#include "tools/signoff/run/order.h"
#include "tools/signoff/run/preflight.h"
#include "tools/signoff/run/standing.h"
#include "tools/signoff/run/tool_verdict.h"

namespace tidemark::signoff {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{100};
constexpr std::chrono::seconds kGuardEvery{1};
constexpr std::int64_t kLeastDisk = std::int64_t{256} << 20;

// A phase that has started.
struct Active {
  std::optional<Job> job;  // under way
  std::size_t run = 0;     // its place in PhaseResult::runs
  NextRun next;
  Duration limit{0};
};

class Runner {
 public:
  Runner(const Campaign& campaign, const Plan& plan, const RunnerOptions& options,
         SignoffResult& result)
      : campaign_(campaign),
        plan_(plan),
        options_(options),
        callbacks_(options.callbacks),
        result_(result),
        guard_(options.guard),
        times_(plan, campaign, options.scale, options.callbacks.expected) {}

  RunnerEnd run() {
    while (interrupts_.count() == 0) {
      start_phases();
      if (active_.empty()) return RunnerEnd::kDone;
      for (auto entry = active_.begin(); entry != active_.end();) {
        const bool over = !step(entry->first, entry->second);
        entry = over ? active_.erase(entry) : std::next(entry);
      }
      watch_host();
      if (callbacks_.standing) callbacks_.standing(standing());
    }
    interrupt();
    return RunnerEnd::kInterrupted;
  }

 private:
  PhaseResult& phase(std::size_t index) { return result_.phases[index]; }

  void save() const {
    if (callbacks_.save) callbacks_.save(result_);
  }

  void start_phases() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (is_over(phase(i)) || active_.contains(i)) continue;
      if (std::string why = why_blocked(plan_, result_.phases, i); !why.empty()) {
        end_undone(i, std::move(why));
        continue;
      }
      Moment now{.plan = plan_, .phases = result_.phases, .running = {}, .cpus = options_.cpus};
      for (const auto& [index, active] : active_) now.running.insert(index);
      if (!may_start(now, i)) continue;
      if (std::string why = trouble_of(plan_[i], options_.directory); !why.empty()) {
        end_undone(i, std::move(why));
        continue;
      }
      if (phase(i).started_ms == 0) phase(i).started_ms = now_ms();
      phase(i).expected_ms = times_.expected_ms(i);
      active_[i];
    }
  }

  void end_undone(std::size_t index, std::string why) {
    phase(index).state = State::kNotDone;
    phase(index).why = std::move(why);
    end_phase(index);
  }

  void end_phase(std::size_t index) {
    phase(index).ended_ms = now_ms();
    save();
    if (callbacks_.phase_ended) callbacks_.phase_ended(phase(index));
  }

  // One look at a phase that runs; false once it is over.
  bool step(std::size_t index, Active& active) {
    if (!active.job) {
      const std::optional<NextRun> next = next_run(plan_[index], phase(index));
      if (!next) {
        judge(index);
        return false;
      }
      active.next = *next;
      start(index, active);
      return true;
    }
    const milliseconds share = kLook / static_cast<int>(active_.size());
    if (const std::optional<End> end = active.job->wait(share)) {
      const ToolVerdict verdict =
          verdict_of(active.next.run->tool, *end, active.job->directory(), active.job->log());
      end_run(index, active, verdict, end->kind == EndKind::kExited ? end->code : -1);
    } else if (active.job->elapsed() > active.limit) {
      stop(index, active,
           fmt::format("it took longer than its time-out of {}",
                       duration_text(std::chrono::round<milliseconds>(active.limit))));
    }
    return true;
  }

  void judge(std::size_t index) {
    phase(index).state = tool_state(*plan_[index].phase, phase(index).runs);
    const auto worst = std::ranges::find_if(phase(index).runs, [&](const RunResult& run) {
      return !run.superseded && run.state == phase(index).state;
    });
    const bool said = worst != phase(index).runs.end() && !worst->why.empty();
    phase(index).why = said ? fmt::format("{}: {}", worst->name, worst->why) : "";
    if (callbacks_.judge) callbacks_.judge(phase(index));
    end_phase(index);
  }

  void start(std::size_t index, Active& active) {
    const NextRun& next = active.next;
    phase(index).runs.push_back({.name = next.run->name,
                                 .repetition = next.repetition,
                                 .attempt = next.attempt,
                                 .tool = next.run->tool,
                                 .directory = run_directory_of(plan_[index], next),
                                 .started_ms = now_ms()});
    active.run = phase(index).runs.size() - 1;
    if (std::string why = trouble_of(plan_[index], *next.run, campaign_); !why.empty()) {
      phase(index).runs.back().started_ms = 0;
      end_run(index, active, {.state = State::kNotDone, .why = std::move(why)}, -1);
      return;
    }
    try {
      start_job(index, active);
    } catch (const Error& error) {
      active.job.reset();
      const std::string hint = error.hint().empty() ? "" : "; " + error.hint();
      end_run(index, active, {.state = State::kNotDone, .why = error.what() + hint}, -1);
    }
  }

  // The journal knows of it before it starts, so that its directory is not used twice.
  void start_job(std::size_t index, Active& active) {
    JobPlace place{.campaign = &campaign_, .root = options_.directory, .scale = options_.scale};
    for (const auto& [other, beside] : active_) {
      if (beside.job) place.taken_ports.push_back(beside.job->port());
    }
    Job job(plan_[index], active.next, place);
    RunResult& run = phase(index).runs[active.run];
    run.command = job.command();
    save();
    active.limit = times_.limit(index, *active.next.run);
    job.start();
    active.job = std::move(job);
    if (callbacks_.started) callbacks_.started(phase(index), run);
  }

  void stop(std::size_t index, Active& active, const std::string& why) {
    const End end = active.job->stop([&] { return interrupts_.count() > 0; });
    const bool clean = end.kind == EndKind::kStopped;
    end_run(index, active,
            {.state = State::kNotDone,
             .again = true,
             .why = clean ? why : fmt::format("{}; {}", why, end.why)},
            -1);
  }

  void end_run(std::size_t index, Active& active, const ToolVerdict& verdict, int exit_code) {
    active.job.reset();
    RunResult& run = phase(index).runs[active.run];
    run.ended_ms = now_ms();
    run.exit_code = exit_code;
    run.state = verdict.state;
    run.why = verdict.why;
    const auto attempts = std::ranges::count_if(phase(index).runs, [&](const RunResult& other) {
      return other.name == run.name && other.repetition == run.repetition && !is_interrupted(other);
    });
    run.superseded = verdict.again && attempts <= active.next.run->retries;
    save();
    if (callbacks_.ended) callbacks_.ended(phase(index), run);
  }

  void watch_host() {
    if (Clock::now() < next_look_) return;
    next_look_ = Clock::now() + kGuardEvery;
    std::optional<std::string> reason = guard_.check(read_host());
    const auto disk = free_disk(options_.directory);
    if (!reason && disk && *disk < kLeastDisk) {
      reason = fmt::format("only {} of disk are left", exact_bytes_text(*disk));
    }
    const auto largest = std::ranges::max_element(active_, {}, [](const auto& entry) {
      return entry.second.job ? entry.second.job->rss_bytes() : -1;
    });
    if (!reason || largest == active_.end() || !largest->second.job) return;
    guard_ = Guard(options_.guard);
    stop(largest->first, largest->second, fmt::format("the guard stopped it: {}", *reason));
  }

  // All are asked first, so that they end side by side.
  void interrupt() {
    for (auto& [index, active] : active_) {
      if (active.job) active.job->ask_to_stop();
    }
    for (auto& [index, active] : active_) {
      if (!active.job) continue;
      const End end = active.job->stop([&] { return interrupts_.count() > 1; });
      end_run(index, active, {.why = interrupted_by(interrupts_.signal(), end)}, -1);
    }
    for (PhaseResult& phase : result_.phases) {
      if (is_over(phase)) continue;
      phase.why = phase.started_ms == 0 ? "not begun: interrupted" : "interrupted";
    }
    save();
  }

  Standing standing() const {
    Standing now;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (result_.phases[i].state == State::kSkipped) continue;
      ++now.phases;
      if (is_over(result_.phases[i])) ++now.ended;
    }
    Duration elapsed(0);
    for (const auto& [index, active] : active_) {
      if (!active.job) continue;
      const Duration expected = times_.of(index, *active.next.run);
      now.running.push_back({.phase = plan_[index].id(),
                             .run = words_for(active.next),
                             .elapsed = active.job->elapsed(),
                             .expected = expected});
      elapsed += std::min(active.job->elapsed(), expected);
    }
    times_.fill(result_, elapsed, now);
    return now;
  }

  const Campaign& campaign_;
  const Plan& plan_;
  const RunnerOptions& options_;
  const RunnerCallbacks& callbacks_;
  SignoffResult& result_;
  Interrupts interrupts_;
  Guard guard_;
  Times times_;
  Clock::time_point next_look_;
  std::map<std::size_t, Active> active_;
};

}  // namespace

RunnerEnd run_campaign(const Campaign& campaign, const Plan& plan, const RunnerOptions& options,
                       SignoffResult& result) {
  return Runner(campaign, plan, options, result).run();
}

}  // namespace tidemark::signoff
