#include "tools/leakwatch/watch/session.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/process/heap_agent.h"
#include "lib/report/amounts.h"
#include "lib/report/fate_text.h"
#include "lib/report/growth_json.h"
#include "tools/leakwatch/watch/cgroup.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::int64_t kKeepEveryMs = 1000;  // rows are on disk then
constexpr std::int64_t kKeepOftenMs = 200;   // when several a second are taken
constexpr std::int64_t kShowEveryMs = 60'000;
constexpr std::int64_t kJudgeEveryMs = 60'000;
constexpr std::int64_t kJudgeEarlyMs = 10'000;  // during the first ten minutes
constexpr std::int64_t kEarlyMs = 600'000;
constexpr std::int64_t kSettledMs = 60'000;  // our own memory, after starting up
constexpr std::int64_t kGapRows = 5;         // so many rows missing are a gap
constexpr std::chrono::milliseconds kAttendEvery{250};
constexpr std::chrono::seconds kPatience{30};  // with alarms, at the end

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
      settings_(plan.settings),
      metrics_(plan.metrics),
      alarms_(plan.alarm, directory.path()) {
  prepare();
}

// Everything that can go wrong before the first row does so here.
void Session::prepare() {
  // First: a watcher that was killed as it started leaves a file without tables.
  recorder_.emplace(directory_.path() / "series.db");
  if (plan_.resume) {
    judge_.emplace(settings_);
    former_ = read_former(directory_.path(), settings_.every_ms, *judge_);
    if (former_.known) {
      target_.emplace(plan_.target, reader_, former_.target);
    } else {
      target_.emplace(plan_.target, reader_);
    }
    lives_ = Lives(former_.lives, former_.target.main);
    watched_ms_ = former_.watched_ms;
    rows_ = former_.rows;
  } else {
    target_.emplace(plan_.target, reader_);
    const auto cgroup = target_->cgroup();
    if (cgroup && !settings_.limit_bytes) settings_.limit_bytes = limit_of(*cgroup);
    judge_.emplace(settings_);
  }
  clock_.emplace(read_clocks(), former_.last_ms);
  at_ms_ = former_.last_ms > 0 ? former_.last_ms : clock_->started_ms();
  recorder_->set(soak::texts_of(settings_));
  if (!former_.known) recorder_->set(texts_of(target_->remembered()));
  directory_.list({.path = "series.db", .format = "sqlite"});
  if (plan_.sites.source != nullptr) sites_.emplace(plan_.sites, directory_.path());
  if (plan_.target.kind == TargetSpec::Kind::kCommand) start_target();
  if (plan_.load) {
    directory_.run().load = plan_.load->arguments;
    directory_.list({.path = "load.log", .format = "text"});
    if (tree_) ready_.emplace(Readiness{}, TreeOptions{});
  }
  directory_.save();
  sampler_.emplace(*target_, reader_, plan_.smaps);
  keep();  // a reader finds the settings before the first row
}

void Session::start_target() {
  // What a former life wrote stays.
  const std::string name =
      former_.rows > 0 ? fmt::format("target.{}", former_.lives + 1) : "target";
  directory_.list({.path = name + ".stdout", .format = "text"});
  directory_.list({.path = name + ".stderr", .format = "text"});
  Command command{.arguments = plan_.target.command};
  if (sites_) command = sites_->wrap(command);
  tree_ = Tree::start(command, {.output = directory_.path() / (name + ".stdout"),
                                .errors = directory_.path() / (name + ".stderr")});
  const std::optional<ProcStat> root = reader_.stat(tree_->root());
  if (root) target_->set_keeper(root->parent);
}

void Session::say(const std::string& text) {
  const std::string line = fmt::format("{} {}\n", time_of_day(at_ms_), printable(text));
  if (view_) return view_->say(line);
  // Nobody may be reading it; that must not end a soak.
  (void)std::fputs(line.c_str(), stdout);
  (void)std::fflush(stdout);
}

// What goes on besides taking rows.
void Session::attend() {
  if (tree_ && !ended_) ended_ = tree_->ended();
  metrics_.advance();
  alarms_.advance();
  attend_sites();
  attend_load();
  for (const std::string& text : metrics_.news()) {
    recorder_->event(at_ms_, "trouble", text);
    say(text);
  }
  for (const std::string& text : alarms_.news()) {
    recorder_->event(at_ms_, "evidence", text);
    say(text);
  }
}

std::vector<pid_t> Session::pids() const {
  std::vector<pid_t> all;
  if (!sampler_) return all;
  for (const Member& member : sampler_->members().living()) all.push_back(member.stat.pid);
  return all;
}

// The load begins when a target that we started listens. It is started again whenever it
// ends well; a soak goes on without it, and says so.
void Session::attend_load() {
  if (!plan_.load || over_) return;
  if (!load_began_) {
    if (ready_ && !ready_->is_ready(*tree_)) return;
    load_began_ = true;
    load_.emplace(Load::Plan{.command = plan_.load->arguments,
                             .output = directory_.path() / "load.log",
                             .repeat = true});
  }
  if (!load_ || load_->running()) return;
  const End end = load_->end().value_or(End{});
  const std::string_view trouble = plan_.load->scenario ? scenario_trouble(end) : "";
  const std::string text = fmt::format(
      "there is no load any more: {}",
      trouble.empty() ? fmt::format("{} {}", name_of(end.kind), end.code) : std::string(trouble));
  directory_.run().load_end = end;
  load_.reset();
  recorder_->event(at_ms_, "trouble", text);
  say(text);
}

// What pressure left here is listed.
void Session::finish_load() {
  if (load_) {
    load_->stop();
    directory_.run().load_end = load_->end().value_or(End{});
  }
  if (!plan_.load || !plan_.load->scenario) return;
  for (const auto& [name, format] : kScenarioFiles) {
    std::error_code ignored;
    if (std::filesystem::exists(directory_.path() / name, ignored)) {
      directory_.list({.path = std::string(name), .format = std::string(format)});
    }
  }
}

void Session::attend_sites() {
  if (!sites_ || over_) return;
  sites_->advance(pids());
  say_of_sites();
  if (sites_->analyses() != analyses_) read_why();
}

void Session::say_of_sites() {
  for (const std::string& text : sites_->news()) {
    recorder_->event(at_ms_, "trouble", text);
    say(text);
  }
  for (const std::string& text : sites_->standing()) {
    recorder_->event(at_ms_, "sites", text);
    say(text);
  }
}

// What the sites say of the growth, for the verdict's sentence.
void Session::read_why() {
  analyses_ = sites_->analyses();
  const std::filesystem::path path = directory_.path() / "sites.json";
  try {
    why_grows_ = why_text(growth_from_json(path.string(), read_file(path).bytes()));
  } catch (const Error&) {
    why_grows_.clear();  // SiteWatch said what went wrong
  }
}

// A last round of heap dumps, while the target lives.
void Session::finish_sites() {
  if (!sites_) return;
  sites_->finish(ended_ ? std::vector<pid_t>() : pids(), kPatience);
  say_of_sites();
  if (sites_->rounds() == 0) return;
  read_why();
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "raw")) {
    if (!entry.is_regular_file()) continue;  // evidence of an alarm
    const std::string name = "raw/" + entry.path().filename().string();
    const bool ours = entry.path().extension() == kHeapFileEnd;
    directory_.list({.path = name, .format = ours ? "tidemark-heap" : "gperf-heap"});
  }
  directory_.list({.path = "sites.json", .format = "json"});
}

// Waits, and hears of signals and of the end of what we started meanwhile.
void Session::wait_until(Clock::time_point moment) {
  std::vector<pollfd> events;
  const int interrupts = interrupts_.count();
  while (interrupts_.count() == interrupts) {
    attend();
    const auto left = std::chrono::ceil<milliseconds>(moment - Clock::now());
    if (left.count() <= 0 || (ended_ && !over_)) return;
    events.clear();
    events.push_back({.fd = interrupts_.fd(), .events = POLLIN});
    if (interrupts > 0) events.clear();  // it stays readable
    metrics_.add_to(events);
    alarms_.add_to(events);
    ::poll(events.data(), events.size(), static_cast<int>(std::min(left, kAttendEvery).count()));
    if (view_) view_->follow();
  }
}

void Session::note_clock(const SoakClock::Tick& tick) {
  const std::int64_t passed = tick.at_ms - at_ms_;
  if (tick.suspended_ms > 0) {
    recorder_->event(tick.at_ms, "suspend",
                     fmt::format("the machine slept for {}", duration_text(tick.suspended_ms)));
  } else if (rows_ > 0 &&
             (rows_ == former_.rows || passed > kGapRows * settings_.every_ms + 1000)) {
    recorder_->event(tick.at_ms, "gap",
                     rows_ > former_.rows
                         ? fmt::format("nothing was taken for {}", duration_text(passed))
                         : fmt::format("the watcher was down for {}{}", duration_text(passed),
                                       former_.same_boot ? "" : "; the machine was started again"));
  }
  if (tick.set_ms != 0) {
    recorder_->event(
        tick.at_ms, "clock",
        fmt::format("the system's clock was set {} by {}", tick.set_ms > 0 ? "forwards" : "back",
                    duration_text(std::abs(tick.set_ms))));
  }
  if (rows_ > 0) watched_ms_ += watched_between(passed, settings_.every_ms);
}

void Session::note_life() {
  switch (lives_.look(sampler_->members().living())) {
    case Lives::Change::kNone:
      if (!lives_.alive() && down_since_ms_ == 0) down_since_ms_ = at_ms_;  // never seen
      return;
    case Lives::Change::kEnded:
      down_since_ms_ = at_ms_;
      recorder_->event(at_ms_, "down", "nothing of the target lives");
      return;
    case Lives::Change::kBegan:
      begin_life();
  }
}

void Session::begin_life() {
  down_since_ms_ = 0;
  const std::vector<Member>& living = sampler_->members().living();
  const auto main = std::ranges::find_if(
      living, [&](const Member& member) { return member.stat.pid == lives_.main().pid; });
  const std::string name = main == living.end() ? "" : std::string(main->stat.name_text());
  const std::string text =
      fmt::format("life {}: process {} ({})", lives_.count(), lives_.main().pid, printable(name));
  recorder_->event(at_ms_, "life", text, lives_.main().pid);
  recorder_->set(
      texts_of(Remembered{.main = lives_.main(), .command_line = target_->command_line()}));
  if (lives_.count() > 1) say("the target was started again: " + text);
}

void Session::raise(const std::string& text) {
  recorder_->event(at_ms_, "alarm", text);
  say("alarm: " + text);
  alarms_.raise({.text = text, .json = verdict_json(outcome())}, sampler_->members().living());
}

void Session::check_limits() {
  for (const Limit& limit : plan_.limits) {
    const auto value = sampler_->values().get(limit.column);
    if (!value || *value <= limit.most) continue;
    const bool known = std::ranges::any_of(
        exceeded_, [&](const Exceeded& one) { return one.limit.option == limit.option; });
    if (known) continue;
    exceeded_.push_back({.limit = limit, .value = *value, .at_ms = at_ms_});
    const std::string text = exceeded_.back().text();
    raise(text);
    if (plan_.stop_on_limit) why_ = text;
  }
}

void Session::check_kills(const soak::Values& values) {
  const auto kills = values.get(Column::kOomKills);
  if (!kills) return;
  if (oom_kills_ && *kills > *oom_kills_) {
    failure_ = "the kernel killed a process of the target: out of memory";
    raise(failure_);
  }
  oom_kills_ = kills;
}

void Session::take_row() {
  const SoakClock::Tick tick = clock_->tick(read_clocks());
  note_clock(tick);
  at_ms_ = tick.at_ms;
  sampler_->look(at_ms_ - clock_->started_ms());
  note_life();
  soak::Values values = sampler_->values();
  values.set(Column::kLife, lives_.count());
  metrics_.take(values, metric_values_);
  recorder_->add({.at_ms = at_ms_,
                  .values = values,
                  .metrics = metric_values_,
                  .members = sampler_->members(),
                  .smaps = sampler_->smaps()});
  judge_->take(at_ms_, values);
  row_ = values;
  ++rows_;
  if (!first_own_rss_ && at_ms_ - clock_->started_ms() >= kSettledMs) {
    first_own_rss_ = values.get(Column::kOwnRss);
  }
  check_limits();
  check_kills(values);
  metrics_.ask();
}

bool Session::judge_is_due() const {
  const std::int64_t often =
      at_ms_ - clock_->started_ms() < kEarlyMs ? kJudgeEarlyMs : kJudgeEveryMs;
  return at_ms_ - judged_ms_ >= often || (judge_->first_alarm_s() && !verdict_.first_alarm_s);
}

void Session::judge() {
  judged_ms_ = at_ms_;
  verdict_ = judge_->verdict();
  // Only what the looks while it goes on are sure of is an alarm: they know how
  // often they look.
  const bool alarm =
      judge_->first_alarm_s().has_value() && verdict_.answer == verdict::Answer::kLeak;
  if (alarm && !alarmed_) raise(verdict_.text);
  alarmed_ = alarm;
  if (alarm && plan_.stop_on_leak && verdict_.confidence >= *plan_.stop_on_leak) {
    why_ = "a leak is certain enough";
  }
  try {
    write_file(directory_.path() / "verdict.json", verdict_json(outcome()));
  } catch (const Error&) {
    // The disk is full: the recorder says so, and the next look writes it.
  }
}

void Session::keep() {
  kept_ms_ = at_ms_;
  if (const auto text = recorder_->flush(at_ms_)) say(*text);
}

void Session::show() {
  if (!view_ && plan_.view && LiveView::possible()) {
    view_.emplace(directory_.run(), settings_, directory_.path());
  }
  if (view_) {
    view_->show({.at_ms = at_ms_,
                 .watched_ms = watched_ms_,
                 .lives = lives_.count(),
                 .alive = lives_.alive(),
                 .values = row_,
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
  return settings_.for_ms > 0 && watched_ms_ >= settings_.for_ms;
}

void Session::watch() {
  const milliseconds every(settings_.every_ms);
  const std::int64_t keep_every = settings_.every_ms >= kKeepOftenMs ? kKeepEveryMs : kKeepOftenMs;
  Clock::time_point next = Clock::now();
  do {
    take_row();
    attend();
    if (judge_is_due()) judge();
    show();
    if (at_ms_ - kept_ms_ >= keep_every - settings_.every_ms / 2) keep();
    // What was missed is not made up for.
    next = std::max(next + every, Clock::now());
    if (is_over()) break;
    wait_until(next);
    if (ended_) take_row();  // that nothing is left is part of the record
  } while (!is_over());
}

Outcome Session::outcome() const {
  return {.verdict = verdict_,
          .sites = why_grows_,
          .exceeded = exceeded_,
          .failure = failure_,
          .final = over_,
          .started_ms = directory_.run().started_ms,
          .now_ms = at_ms_,
          .watched_ms = watched_ms_,
          .rows = rows_,
          .lives = lives_.count(),
          .gate_bytes_per_day = settings_.gate_bytes_per_day,
          .compress = settings_.compress};
}

void Session::finish() {
  over_ = true;
  judge();
  keep();
  // Evidence is taken of a target that lives, and whoever is to know is told.
  const Clock::time_point patience = Clock::now() + kPatience;
  while (alarms_.busy() && Clock::now() < patience && interrupts_.count() < 2) {
    wait_until(std::min(patience, Clock::now() + kAttendEvery));
  }
  view_.reset();
  finish_load();
  finish_sites();
  if (!why_grows_.empty()) judge();  // verdict.json says it too
  if (tree_) {
    StopPlan stop;
    stop.at_once = [this] { return interrupts_.count() > 1; };
    const End end = tree_->stop(stop);
    directory_.run().end = ended_.value_or(end);
  }
  attend();
  if (alarms_.busy())
    recorder_->event(at_ms_, "trouble", "an alarm could not be passed on in time");
  keep();
  directory_.list({.path = "verdict.json", .format = "json"});
  directory_.run().cut_short = why_;
  try {
    directory_.end();
  } catch (const Error& error) {
    say(fmt::format("cannot write: {}", error.what()));  // the verdict holds all the same
  }
  say_cost();
}

// What it cost us, and the target.
void Session::say_cost() {
  const soak::Values& values = sampler_->values();
  const auto cpu_us = static_cast<double>(values.get(Column::kOwnCpu).value_or(0));
  const auto passed_ms =
      static_cast<double>(std::max<std::int64_t>(at_ms_ - clock_->started_ms(), 1));
  std::string text =
      fmt::format("watching took {:.2f} % of one core and {}", cpu_us / passed_ms / 10,
                  bytes_text(values.get(Column::kOwnRss).value_or(0)));
  if (first_own_rss_) {
    text += fmt::format(" ({:+} KiB since its first minute)",
                        (values.get(Column::kOwnRss).value_or(0) - *first_own_rss_) / 1024);
  }
  if (const SmapsBudget* smaps = sampler_->smaps()) {
    text += fmt::format("; reading smaps {} took at most {:.3f} % of a process's time",
                        plural(smaps->reads(), "time"), smaps->loss() * 100);
  }
  say(text);
}

Outcome Session::run() {
  watch();
  finish();
  return outcome();
}

}  // namespace tidemark::leakwatch
