#include "tools/pressure/session.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/quantities.h"
#include "lib/cli/terminal.h"
#include "lib/run/load_file.h"
#include "tools/pressure/calibration.h"
#include "tools/pressure/judge.h"
#include "tools/pressure/protocols/http2.h"
#include "tools/pressure/reach.h"

namespace tidemark::pressure {
namespace {

using load::Ending;

constexpr std::int64_t kEnoughSends = 1000;  // for a stage's percentiles of its own
constexpr std::chrono::seconds kReachWithin{5};
constexpr std::chrono::seconds kReachStarted{30};  // a target that the tool before us starts

std::int64_t failures(const load::LabelResult& label) {
  std::int64_t sum = 0;
  for (const std::int64_t one : label.failures) sum += one;
  return sum;
}

}  // namespace

Session::Session(const Settings& settings)
    : settings_(settings),
      scenario_(settings.scenario),
      stages_(load::stages_of(scenario_.load)),
      target_(scenario_, settings.output),
      guard_(scenario_.guard, {settings.output}),
      memory_(scenario_.pass),
      rungs_(scenario_.load),
      times_(stages_.size()) {
  result_.scenario = scenario_.name;
  result_.target = scenario_.target ? scenario_.target->text : "";
  result_.seed = scenario_.seed;
  result_.under = settings.under;
}

std::string Session::stage_name() const { return stage_ ? stages_[*stage_].name : ""; }

// Whatever cannot work here is known before the target runs.
void Session::prepare() {
  if (scenario_.target) {
    addresses_ = Addresses::of(*scenario_.target);
    require_ours(*scenario_.target, *addresses_, settings_.owned);
  }
  Ground ground{.loop = &loop_,
                .scenario = &scenario_,
                .custodian = &custodian_,
                .directory = settings_.output};
  faults_.emplace(Faults::Setup{.ground = std::move(ground),
                                .tally = &tally_,
                                .skip_impossible = settings_.skip_impossible_faults,
                                .latency_limits = settings_.under.empty()});
  BesideSetup beside{.loop = &loop_,
                     .tally = &tally_,
                     .scenario = &scenario_,
                     .addresses = addresses_ ? &*addresses_ : nullptr,
                     .name = {},
                     .directory = settings_.output.string(),
                     .seed = scenario_.seed,
                     .owned = settings_.owned,
                     .custodian = &custodian_,
                     .gauge = [this](std::string_view name, double value) {
                       if (outputs_) outputs_->gauge(name, value);
                     }};
  company_.emplace(beside, scenario_.beside);
}

// What was seen of a target that nobody can use; empty: it can be used.
std::string Session::wait_for_target() const {
  const auto give_up = [this] { return interrupted(); };
  std::chrono::milliseconds limit = settings_.into ? kReachStarted : kReachWithin;
  if (scenario_.launch)
    limit = std::chrono::ceil<std::chrono::milliseconds>(scenario_.launch->ready_within);
  if (scenario_.target->kind == load::Target::Kind::kPostgres) {
    return wait_until_it_serves(scenario_.target->prefix, limit, give_up);
  }
  return wait_until_reachable(*addresses_, limit, give_up);
}

void Session::reach_target() {
  cli::ProgressLine progress;
  if (target_.launched()) progress.show("starting the target");
  target_.start([this] { return interrupted(); });
  if (!addresses_) return;
  progress.show("waiting for " + scenario_.target->text);
  const std::string seen = wait_for_target();
  if (!seen.empty()) throw Error(fmt::format("{}: {}", scenario_.target->text, seen));
}

// A target under a profiler answers a small part of what it does else: the rates become
// what it can bear, so that the profiler sees the service at work and not its queue.
void Session::calibrate() {
  if (settings_.under.empty() || !addresses_) return;
  const Calibration measured = calibrated(scenario_, *addresses_, loop_);
  result_.slow_down = measured.divide_by;
  if (!measured.words.empty()) result_.warnings.push_back(measured.words);
}

void Session::begin_stage(std::size_t stage) {
  if (stage_) close_second();
  end_stage();
  stage_ = stage;
  times_[stage].start_ms = now_ms();
  outputs_->begin_stage(stage, times_[stage].start_ms);
}

void Session::end_stage() {
  if (stage_ && times_[*stage_].end_ms == 0) times_[*stage_].end_ms = now_ms();
}

void Session::stop(Ending ending, const std::string& why) {
  if (early_) return;
  early_ = ending;
  result_.why = why;
  driver_->stop();
}

std::optional<std::int64_t> Session::watch_target(std::int64_t at_ms) {
  if (const std::optional<std::string> why = target_.died()) stop(Ending::kTargetFailed, *why);
  const std::optional<TargetReading> reading = target_.read();
  if (!reading) return std::nullopt;
  memory_.add(at_ms, reading->rss_bytes, stage_name());
  return reading->rss_bytes;
}

// A mix of one request is that request.
const Counts& Session::mix_of(const Second& second) {
  if (std::ranges::count(in_mix_, true) == 1) {
    const auto only = std::ranges::find(in_mix_, true) - in_mix_.begin();
    return second.labels[static_cast<std::size_t>(only)];
  }
  all_.clear();
  for (std::size_t i = 0; i < second.labels.size() && i < in_mix_.size(); ++i) {
    if (in_mix_[i]) all_.add(second.labels[i]);
  }
  return all_;
}

void Session::take_second(const Second& second) {
  const std::optional<std::int64_t> memory = watch_target(second.at_ms);
  rungs_.add(second);
  faults_->second(second, memory.value_or(0));
  const std::string stage = stage_name();
  outputs_->take({.second = second,
                  .labels = tally_.labels(),
                  .all = mix_of(second),
                  .stage = stage,
                  .memory = memory});
  if (const std::optional<std::string> why = guard_.check()) stop(Ending::kGuard, *why);
}

// What was counted since the last time, which a stage's end makes shorter than a second.
void Session::close_second() {
  const Time now = loop_.refresh();
  if (now - second_began_ < kMillisecond) return;
  tally_.end_second({.at_ms = now_ms(),
                     .seconds = static_cast<double>(now - second_began_) / kSecond,
                     .stage = tally_.stage(),
                     .under_way = driver_->under_way(),
                     .rate_due = driver_->rate_due()},
                    [this](const Second& second) { take_second(second); });
  second_began_ = now;
}

void Session::tick() {
  close_second();
  if (interrupts_.count() > 1) return loop_.stop();
  next_tick_ = std::max(next_tick_ + kSecond, loop_.now());
  loop_.at(next_tick_, [this] { tick(); });
}

void Session::drive() {
  driver_ = std::make_unique<Driver>(Driver::Setup{
      .loop = &loop_,
      .tally = &tally_,
      .scenario = &scenario_,
      .addresses = addresses_ ? &*addresses_ : nullptr,
      .scale = result_.slow_down,
      .on_stage = [this](std::size_t stage) { begin_stage(stage); },
      .on_end = [this] { loop_.stop(); },
      .on_warning = [this](const std::string& text) { result_.warnings.push_back(text); }});
  in_mix_ = are_in_mix(scenario_, tally_);
  loop_.watch(interrupts_.fd(), EPOLLIN, [this](std::uint32_t) {
    loop_.forget(interrupts_.fd());  // it stays readable
    stop(Ending::kInterrupted, "interrupted");
  });
  second_began_ = loop_.refresh();
  next_tick_ = second_began_ + kSecond;
  loop_.at(next_tick_, [this] { tick(); });
  if (settings_.run_for) {
    loop_.at(second_began_ + settings_.run_for->count(), [this] { driver_->stop(); });
  }
  driver_->start();
  faults_->start({.target = &target_,
                  .addresses = addresses_ ? &*addresses_ : nullptr,
                  .reset = [this](double share) { driver_->reset_connections(share); }});
  company_->start();
  loop_.run();
  close_second();
  faults_->stop();
  company_->stop();
}

// What our own lateness says against the measurement; empty: nothing. Stages in which
// little was sent are looked at together with all others only.
std::string Session::why_not_valid() const {
  const load::Limit& limit = scenario_.load.send_lag;
  const auto late = [&limit](const load::Histogram& lag) {
    return lag.count() > 0 && !limit.holds(latency(lag, limit.metric));
  };
  const auto words = [&limit](const load::Histogram& lag, const std::string& where) {
    const double ns = latency(lag, limit.metric);
    return fmt::format(
        "this driver was too late to send: {} of its lag{} is {}, not {}", limit.metric, where,
        duration_text(std::chrono::microseconds(std::llround(ns / 1e3))), limit.text);
  };
  load::Histogram all;
  for (const load::StageResult& stage : result_.stages) {
    if (stage.rate <= 0) continue;
    all.add(stage.send_lag);
    if (stage.send_lag.count() >= kEnoughSends && late(stage.send_lag)) {
      return words(stage.send_lag, " in stage " + stage.name);
    }
  }
  return late(all) ? words(all, "") : "";
}

std::vector<Measures::Former> Session::formers() const {
  std::vector<Measures::Former> all;
  for (const load::Limit& limit : scenario_.pass) {
    if (limit.metric != "regress") continue;
    Measures::Former former{.file = limit.argument};
    try {
      former.result = read_load(limit.argument);
    } catch (const Error& error) {
      former.why = error.what();
    }
    all.push_back(std::move(former));
  }
  return all;
}

void Session::judge_it() {
  result_.limits =
      judge(scenario_.pass, result_,
            {.memory = memory_.stages(), .others = company_->measures(), .formers = formers()});
  using State = load::LimitResult::State;
  const auto is = [&](State state) {
    return std::ranges::find(result_.limits, state, &load::LimitResult::state);
  };
  const auto all = std::ranges::find_if(result_.labels, [](const load::LabelResult& one) {
    return one.label.empty() && one.stage.empty();
  });
  if (early_) {
    result_.ending = *early_;
  } else if (all != result_.labels.end() && all->done == 0 && failures(*all) > 0) {
    result_.ending = Ending::kTargetFailed;
    result_.why = "no request was answered as it should be";
  } else if (std::string why = why_not_valid(); !why.empty()) {
    result_.ending = Ending::kNotValid;
    result_.why = std::move(why);
  } else if (const auto crossed = is(State::kCrossed); crossed != result_.limits.end()) {
    result_.ending = Ending::kCrossed;
    result_.why = crossed->limit.text;
  } else if (const auto open = is(State::kNotMeasured); open != result_.limits.end()) {
    result_.ending = Ending::kNotValid;
    result_.why = fmt::format("\"{}\" was not measured: {}", open->limit.text, open->why);
  }
}

void Session::finish() {
  end_stage();
  result_.end_ms = now_ms();
  result_.faults = faults_->results();
  const std::vector<std::string> not_kept = outputs_->finish(result_.faults);
  outputs_.reset();
  collect(scenario_, tally_, times_, result_);
  const load::LabelResult* all = result_.find("", "");
  if (all != nullptr && scenario_.target && scenario_.target->kind == load::Target::Kind::kHttp2) {
    if (const auto note = delayed_ack_note(all->response)) result_.warnings.push_back(*note);
  }
  result_.scalability = rungs_.scalability();
  for (const auto& lines : {faults_->notes(), company_->warnings(), not_kept}) {
    result_.warnings.insert(result_.warnings.end(), lines.begin(), lines.end());
  }
  judge_it();
}

// Some targets end only when their clients have left, as PostgreSQL does: first go we.
void Session::end_target() {
  company_.reset();
  driver_.reset();
  const std::optional<End> end = target_.stop();
  if (end && end->kind == EndKind::kKilled) {
    result_.warnings.emplace_back("the target did not end when it was asked to, and was killed");
  }
}

load::RunResult Session::run() {
  prepare();
  reach_target();
  company_->prove([this] { return interrupted(); });
  calibrate();
  result_.start_ms = now_ms();
  outputs_.emplace(settings_, result_.start_ms);
  drive();
  finish();
  end_target();
  return std::move(result_);
}

}  // namespace tidemark::pressure
