#include "tools/leakwatch/watch/session.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::int64_t kKeepEveryMs = 1000;  // rows are on disk then
constexpr std::int64_t kKeepOftenMs = 200;   // when several a second are taken
constexpr std::int64_t kShowEveryMs = 60'000;
constexpr std::int64_t kJudgeEveryMs = 60'000;
constexpr std::int64_t kJudgeEarlyMs = 10'000;  // during the first ten minutes
constexpr std::int64_t kEarlyMs = 600'000;
constexpr std::int64_t kGapRows = 5;  // so many rows missing are a gap

std::string time_of_day(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

}  // namespace

Session::Session(const Plan& plan, RunDirectory& directory)
    : plan_(plan),
      directory_(directory),
      target_(plan.target, reader_),
      recorder_(directory.path() / "series.db"),
      clock_(read_clocks(), 0),
      judge_(plan.settings) {}

void Session::say(const std::string& text) {
  const std::string line = fmt::format("{} {}\n", time_of_day(at_ms_), printable(text));
  if (view_) return view_->say(line);
  // Nobody may be reading it; that must not end a soak.
  (void)std::fputs(line.c_str(), stdout);
  (void)std::fflush(stdout);
}

void Session::start() {
  at_ms_ = clock_.started_ms();
  directory_.list({.path = "series.db", .format = "sqlite"});
  if (plan_.target.kind == TargetSpec::Kind::kCommand) {
    directory_.list({.path = "target.stdout", .format = "text"});
    directory_.list({.path = "target.stderr", .format = "text"});
    tree_ = Tree::start({.arguments = plan_.target.command},
                        {.output = directory_.path() / "target.stdout",
                         .errors = directory_.path() / "target.stderr"});
    const std::optional<ProcStat> root = reader_.stat(tree_->root());
    if (root) target_.set_keeper(root->parent);
  }
  directory_.save();
  recorder_.set(soak::texts_of(plan_.settings));
  sampler_.emplace(target_, reader_, plan_.smaps);
}

// Waits, and hears of signals and of the end of what we started meanwhile.
void Session::wait_until(Clock::time_point moment) {
  while (interrupts_.count() == 0) {
    const auto left = std::chrono::ceil<milliseconds>(moment - Clock::now());
    if (left.count() <= 0) return;
    if (tree_ && !ended_) ended_ = tree_->ended();
    if (ended_) return;
    pollfd event{.fd = interrupts_.fd(), .events = POLLIN};
    ::poll(&event, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000)));
    if (view_) view_->follow();
  }
}

void Session::note_clock(const SoakClock::Tick& tick) {
  const std::int64_t passed = tick.at_ms - at_ms_;
  if (tick.suspended_ms > 0) {
    recorder_.event(tick.at_ms, "suspend",
                    fmt::format("the machine slept for {}", duration_text(tick.suspended_ms)));
  } else if (rows_ > 0 && passed > kGapRows * plan_.settings.every_ms + 1000) {
    recorder_.event(tick.at_ms, "gap",
                    fmt::format("nothing was taken for {}", duration_text(passed)));
  }
  if (tick.set_ms != 0) {
    recorder_.event(
        tick.at_ms, "clock",
        fmt::format("the system's clock was set {} by {}", tick.set_ms > 0 ? "forwards" : "back",
                    duration_text(std::abs(tick.set_ms))));
  }
  // What nobody saw does not count as watched.
  watched_ms_ += std::min(passed, (kGapRows + 1) * plan_.settings.every_ms + 1000);
}

void Session::note_life() {
  const std::vector<Member>& living = sampler_->members().living();
  switch (lives_.look(living)) {
    case Lives::Change::kNone:
      return;
    case Lives::Change::kEnded:
      down_since_ms_ = at_ms_;
      recorder_.event(at_ms_, "down", "nothing of the target lives");
      return;
    case Lives::Change::kBegan:
      break;
  }
  down_since_ms_ = 0;
  const auto main = std::ranges::find_if(
      living, [&](const Member& member) { return member.stat.pid == lives_.main().pid; });
  const std::string name = main == living.end() ? "" : std::string(main->stat.name_text());
  const std::string text =
      fmt::format("life {}: process {} ({})", lives_.count(), lives_.main().pid, printable(name));
  recorder_.event(at_ms_, "life", text, lives_.main().pid);
  if (lives_.count() > 1) say("the target was started again: " + text);
}

void Session::check_limits() {
  for (const Limit& limit : plan_.limits) {
    const auto value = sampler_->values().get(limit.column);
    if (!value || *value <= limit.most) continue;
    const bool known = std::ranges::any_of(
        exceeded_, [&](const Exceeded& one) { return one.limit.option == limit.option; });
    if (known) continue;
    exceeded_.push_back({.limit = limit, .value = *value, .at_ms = at_ms_});
    recorder_.event(at_ms_, "alarm", exceeded_.back().text());
    say("alarm: " + exceeded_.back().text());
    if (plan_.stop_on_limit) why_ = exceeded_.back().text();
  }
}

void Session::take_row() {
  const SoakClock::Tick tick = clock_.tick(read_clocks());
  note_clock(tick);
  at_ms_ = tick.at_ms;
  sampler_->look(at_ms_ - clock_.started_ms());
  note_life();
  soak::Values values = sampler_->values();
  values.set(Column::kLife, lives_.count());
  recorder_.add({.at_ms = at_ms_,
                 .values = values,
                 .metrics = metrics_,
                 .members = sampler_->members(),
                 .smaps = sampler_->smaps()});
  judge_.take(at_ms_, values);
  ++rows_;
  check_limits();
}

bool Session::judge_is_due() const {
  const std::int64_t often =
      at_ms_ - clock_.started_ms() < kEarlyMs ? kJudgeEarlyMs : kJudgeEveryMs;
  return at_ms_ - judged_ms_ >= often || (judge_.first_alarm_s() && !verdict_.first_alarm_s);
}

void Session::judge() {
  judged_ms_ = at_ms_;
  const bool alarmed =
      verdict_.first_alarm_s.has_value() && verdict_.answer == verdict::Answer::kLeak;
  verdict_ = judge_.verdict();
  if (judge_.first_alarm_s() && verdict_.answer == verdict::Answer::kLeak && !alarmed) {
    recorder_.event(at_ms_, "alarm", verdict_.text);
    say("alarm: " + verdict_.text);
  }
  if (plan_.stop_on_leak && judge_.first_alarm_s() && verdict_.answer == verdict::Answer::kLeak &&
      verdict_.confidence >= *plan_.stop_on_leak) {
    why_ = "a leak is certain enough: " + verdict_.text;
  }
  try {
    write_file(directory_.path() / "verdict.json", verdict_json(outcome()));
  } catch (const Error&) {
    // The disk is full: the recorder says so, and the next look writes it.
  }
}

void Session::keep() {
  kept_ms_ = at_ms_;
  if (const auto text = recorder_.flush(at_ms_)) say(*text);
}

void Session::show() {
  if (!view_ && plan_.view && LiveView::possible()) {
    view_.emplace(directory_.run(), plan_.settings, directory_.path());
  }
  if (view_) {
    view_->show({.at_ms = at_ms_,
                 .watched_ms = watched_ms_,
                 .lives = lives_.count(),
                 .alive = lives_.alive(),
                 .values = sampler_->values(),
                 .members = sampler_->members().living(),
                 .verdict = verdict_});
    return;
  }
  const bool changed = shown_answer_ && *shown_answer_ != verdict_.answer;
  if (rows_ > 1 && !changed && at_ms_ - shown_ms_ < kShowEveryMs) return;
  shown_ms_ = at_ms_;
  shown_answer_ = verdict_.answer;
  const soak::Values& values = sampler_->values();
  const auto size = [&](Column column) { return bytes_text(values.get(column).value_or(0)); };
  if (!lives_.alive()) {
    say("nothing of the target lives · " + verdict_.text);
    return;
  }
  say(fmt::format("{} · rss {} · anon {} · {} · {} · {}", duration_text(watched_ms_),
                  size(Column::kRss), size(Column::kAnon),
                  plural(values.get(Column::kProcesses).value_or(0), "process"),
                  plural(values.get(Column::kThreads).value_or(0), "thread"), verdict_.text));
}

// Whether the target ended for good.
bool Session::target_is_gone() {
  if (ended_) {
    if (ended_->kind == EndKind::kSignalled ||
        (ended_->kind == EndKind::kExited && ended_->code != 0)) {
      failure_ = "the target " + (ended_->why.empty() ? fmt::format("ended with {}", ended_->code)
                                                      : "ended: " + ended_->why);
    }
    return true;
  }
  if (tree_ || down_since_ms_ == 0) return false;
  return at_ms_ - down_since_ms_ >= plan_.restart_within.count();
}

bool Session::is_over() {
  if (interrupts_.count() > 0) why_ = "interrupted";
  if (!why_.empty()) return true;
  if (target_is_gone()) return true;
  return plan_.settings.for_ms > 0 && watched_ms_ >= plan_.settings.for_ms;
}

void Session::watch() {
  const milliseconds every(plan_.settings.every_ms);
  const std::int64_t keep_every =
      plan_.settings.every_ms >= kKeepOftenMs ? kKeepEveryMs : kKeepOftenMs;
  Clock::time_point next = Clock::now();
  do {
    take_row();
    if (judge_is_due()) judge();
    show();
    if (at_ms_ - kept_ms_ >= keep_every - plan_.settings.every_ms / 2) keep();
    // What was missed is not made up for.
    next = std::max(next + every, Clock::now());
    if (is_over()) break;
    wait_until(next);
  } while (!is_over());
}

Outcome Session::outcome() const {
  return {.verdict = verdict_,
          .exceeded = exceeded_,
          .failure = failure_,
          .final = over_,
          .started_ms = directory_.run().started_ms,
          .now_ms = at_ms_,
          .watched_ms = watched_ms_,
          .rows = rows_,
          .lives = lives_.count(),
          .gate_bytes_per_day = plan_.settings.gate_bytes_per_day,
          .compress = plan_.settings.compress};
}

void Session::finish() {
  view_.reset();
  if (tree_) {
    StopPlan stop;
    stop.at_once = [this] { return interrupts_.count() > 1; };
    const End end = tree_->stop(stop);
    directory_.run().end = ended_.value_or(end);
  }
  over_ = true;
  judge();
  keep();
  directory_.list({.path = "verdict.json", .format = "json"});
  directory_.run().cut_short = why_;
  directory_.end();
}

Outcome Session::run() {
  start();
  watch();
  finish();
  return outcome();
}

}  // namespace tidemark::leakwatch
