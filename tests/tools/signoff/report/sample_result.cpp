#include "tests/tools/signoff/report/sample_result.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "lib/base/file.h"
#include "lib/report/pprof_writer.h"

namespace tidemark::signoff {
namespace {

using budget::Answer;
using budget::Compare;
using budget::Unit;

constexpr std::int64_t kStart = 1'795'219'200'000;  // 2026-11-21 00:00:00 UTC
constexpr std::int64_t kMinute = 60'000;
constexpr double kMiB = 1 << 20;
constexpr double kMs = 1e6;

RunResult run(const std::string& directory, const std::string& tool, std::int64_t from_minute,
              std::int64_t to_minute) {
  return {
      .name = tool,
      .tool = tool,
      .command = {tool, "run", "-o", "runs/" + directory, "--", "./leaky-service", "--port", "0"},
      .directory = "runs/" + directory,
      .exit_code = 0,
      .state = State::kPassed,
      .started_ms = kStart + from_minute * kMinute,
      .ended_ms = kStart + to_minute * kMinute};
}

Series line(const std::string& name, const std::string& unit, std::int64_t level,
            std::int64_t step) {
  Series series{.name = name, .unit = unit, .at_unit = "ms"};
  for (std::int64_t i = 0; i < 60; ++i)
    series.points.push_back({.at = i * 30'000, .value = level + i * step + (i * 7 % 5) * step});
  return series;
}

PhaseResult phase(const std::string& target, const std::string& name, const std::string& title,
                  State state, std::int64_t from_minute, std::int64_t to_minute) {
  PhaseResult out{.target = target, .name = name, .title = title, .state = state};
  out.points = state == State::kPassed ? 1 : 0;
  out.started_ms = kStart + from_minute * kMinute;
  out.ended_ms = kStart + to_minute * kMinute;
  return out;
}

std::vector<PhaseResult> service_phases() {
  PhaseResult health = phase("service", "health", "Preflight and health", State::kPassed, 0, 1);
  health.runs = {run("service/health/pressure.1", "pressure", 0, 1)};
  health.expected_ms = 55'000;

  PhaseResult normal = phase("service", "normal", "Normal load", State::kFailed, 1, 11);
  normal.weight = 3;
  normal.points = 0.5;
  normal.expected_ms = 600'000;
  normal.why = "1 of 3 rules does not hold";
  normal.runs = {run("service/normal/pressure.1", "pressure", 1, 6),
                 run("service/normal/pressure.2", "pressure", 6, 11)};
  normal.runs[1].repetition = 2;
  normal.charts = {line("answers a second", "count", 1800, 3),
                   line("rss", "bytes", 48 << 20, 65536), line("heap", "bytes", 31 << 20, 52000)};

  PhaseResult memory = phase("service", "memory", "Memory profiling", State::kFailed, 11, 24);
  memory.weight = 2;
  memory.runs = {run("service/memory/memcheck.1", "memprof", 11, 15),
                 run("service/memory/memcheck.1.attempt2", "memprof", 15, 24)};
  memory.runs[0].name = memory.runs[1].name = "memcheck";
  memory.runs[0].state = State::kNotDone;
  memory.runs[0].exit_code = 3;
  memory.runs[0].why = "did not get ready in 30 s";
  memory.runs[0].superseded = true;
  memory.runs[1].attempt = 2;
  memory.runs[1].state = State::kFailed;
  memory.runs[1].exit_code = 1;
  memory.runs[1].why = "1 definite leak: 3,200 B in handle_leak";

  PhaseResult edge = phase("service", "edge", "Edge cases", State::kInconclusive, 24, 27);
  edge.points = 0.5;
  edge.runs = {run("service/edge/pressure.1", "pressure", 24, 27)};
  edge.runs[0].state = State::kInconclusive;
  edge.runs[0].exit_code = 4;
  return {health, normal, memory, edge};
}

std::vector<PhaseResult> redis_phases() {
  PhaseResult health = phase("redis", "health", "Preflight and health", State::kPassed, 27, 28);
  health.runs = {run("redis/health/pressure.1", "pressure", 27, 28)};
  PhaseResult normal = phase("redis", "normal", "Normal load", State::kPassed, 28, 33);
  normal.weight = 3;
  normal.runs = {run("redis/normal/pressure.1", "pressure", 28, 33)};
  PhaseResult recovery =
      phase("redis", "recovery", "Recovery from exhaustion", State::kNotDone, 0, 0);
  recovery.why = "stress-ng is not installed";
  recovery.started_ms = recovery.ended_ms = 0;
  PhaseResult soak = phase("redis", "soak", "Long-term stability", State::kSkipped, 0, 0);
  soak.why = "--skip soak";
  soak.started_ms = soak.ended_ms = 0;
  return {health, normal, recovery, soak};
}

struct Sketch {
  const char* text;
  const char* phase;
  Unit unit = Unit::kCount;
  Compare compare = Compare::kLess;
  Answer answer = Answer::kPass;
  State state = State::kPassed;
  double limit = 0;
  double value = 0;
  double error = 0;
  const char* why = "";
};

RuleResult rule(const Sketch& sketch) {
  RuleResult out;
  out.rule.text = out.rule.id = sketch.text;
  out.rule.unit = sketch.unit;
  out.rule.compare = sketch.compare;
  out.rule.bound.value = sketch.limit;
  out.rule.subject.metric = out.rule.text.substr(0, out.rule.text.find_first_of("@ "));
  out.rule.owner = "core@example.org";
  out.rule.place = "budgets.toml:12:9";
  out.phase = sketch.phase;
  out.state = sketch.state;
  const bool measured =
      sketch.answer != Answer::kNotMeasured && sketch.answer != Answer::kNotApplicable;
  out.decision = {.answer = sketch.answer,
                  .value = sketch.value,
                  .low = sketch.value - 2.1 * sketch.error,
                  .high = sketch.value + 2.1 * sketch.error,
                  .limit = sketch.limit,
                  .standard_error = sketch.error,
                  .runs = measured ? 2 : 0,
                  .why = sketch.why};
  const double good = (sketch.limit - sketch.value) *
                      (out.rule.upper() || sketch.compare == Compare::kEqual ? 1 : -1);
  out.decision.margin = sketch.error > 0 ? good / sketch.error : 0;
  if (measured) out.evidence = {"runs/" + out.phase + "/pressure.1/load.json"};
  return out;
}

std::vector<RuleResult> load_rules() {
  RuleResult crossed =
      rule({.text = "p95@normal < 200ms",
            .phase = "service/normal",
            .unit = Unit::kNanoseconds,
            .answer = Answer::kFail,
            .state = State::kFailed,
            .limit = 200 * kMs,
            .value = 231.4 * kMs,
            .error = 4.1 * kMs,
            .why = "231 ms ± 9 ms in 2 runs is above 200 ms by 7.7 standard errors"});
  crossed.rule.hard = true;
  crossed.rule.subject.stage = "normal";
  crossed.rule.why = "what customers were promised";
  RuleResult errors = rule({.text = "errors < 1%",
                            .phase = "service/normal",
                            .unit = Unit::kShare,
                            .limit = 0.01,
                            .value = 0.0021,
                            .error = 0.0003,
                            .why = "0.21 % of 36,408 requests failed"});
  RuleResult steady = rule({.text = "rss.steady <= baseline + 3%",
                            .phase = "service/normal",
                            .unit = Unit::kBytes,
                            .compare = Compare::kAtMost,
                            .answer = Answer::kFail,
                            .state = State::kWaived,
                            .limit = 49.4 * kMiB,
                            .value = 51.2 * kMiB,
                            .error = 0.3 * kMiB,
                            .why = "51.2 MiB is above 49.4 MiB, the baseline's and 3 %"});
  steady.rule.bound = {.relative = true, .factor = 1.03, .value = 0};
  steady.waiver = {.rule = "rss.steady <= baseline + 3%",
                   .owner = "anna@example.org",
                   .reason = "the new index takes 2 MiB, agreed in the review of 1.4",
                   .expires = "2027-01-31",
                   .place = "budgets.toml:30:1"};
  return {crossed, errors, steady};
}

std::vector<RuleResult> other_rules() {
  RuleResult leaks = rule({.text = "leaks.bytes == 0",
                           .phase = "service/memory",
                           .unit = Unit::kBytes,
                           .compare = Compare::kEqual,
                           .answer = Answer::kFail,
                           .state = State::kFailed,
                           .limit = 0,
                           .value = 3200,
                           .why = "3,200 B are definitely lost: an exact count"});
  leaks.decision.margin = -std::numeric_limits<double>::infinity();
  leaks.decision.runs = 1;
  leaks.waiver = {.rule = "leaks.bytes == 0",
                  .phases = {"memory"},
                  .owner = "bob@example.org",
                  .reason = "fixed with the next release of libfoo",
                  .expires = "2026-10-31",
                  .place = "budgets.toml:37:1"};
  RuleResult connected = rule({.text = "connected >= 95%",
                               .phase = "service/edge",
                               .unit = Unit::kShare,
                               .compare = Compare::kAtLeast,
                               .answer = Answer::kInconclusive,
                               .state = State::kInconclusive,
                               .limit = 0.95,
                               .value = 0.953,
                               .error = 0.0067,
                               .why = "95.3 % of 1,000 connections: the interval holds 95 %"});
  connected.decision.more_runs = 6;
  RuleResult races = rule({.text = "races.new == 0",
                           .phase = "redis/normal",
                           .compare = Compare::kEqual,
                           .answer = Answer::kNotApplicable,
                           .state = State::kNotApplicable,
                           .why = "no baseline was given"});
  RuleResult rate = rule({.text = "rate > 100/s",
                          .phase = "redis/normal",
                          .unit = Unit::kPerSecond,
                          .compare = Compare::kMore,
                          .limit = 100,
                          .value = 1830,
                          .error = 12,
                          .why = "1,830 a second is far above 100"});
  RuleResult recover = rule({.text = "recover < 30s",
                             .phase = "redis/recovery",
                             .unit = Unit::kNanoseconds,
                             .answer = Answer::kNotMeasured,
                             .state = State::kNotDone,
                             .limit = 30'000 * kMs,
                             .why = "no run measured it: stress-ng is not installed"});
  RuleResult growth = rule({.text = "growth < 50MB/24h",
                            .phase = "redis/soak",
                            .unit = Unit::kBytesPerDay,
                            .answer = Answer::kNotMeasured,
                            .state = State::kSkipped,
                            .limit = 50e6,
                            .why = "the phase was left out"});
  return {leaks, connected, races, rate, recover, growth};
}

Frame at(const std::string& function, std::int64_t line_number) {
  return {.function = function,
          .file = "src/service.cpp",
          .line = line_number,
          .module = "/usr/bin/leaky-service",
          .address = 0x10A000 + static_cast<std::uint64_t>(line_number)};
}

FoundSite found(FindingKind kind, const Frame& place, SiteStatus status, const std::string& title) {
  FoundSite out{.phase = "service/memory", .directory = "runs/service/memory/memcheck.1.attempt2"};
  out.site = {.kind = kind,
              .fingerprint = "0123456789abcdef",
              .title = title,
              .place = place,
              .count = 1,
              .status = status};
  out.site.example = {.kind = kind, .message = title};
  out.site.example.stacks = {{.label = "", .frames = {place, at("serve", 88), at("main", 120)}}};
  return out;
}

void add_findings(SignoffResult& result) {
  FoundSite leak = found(FindingKind::kDefiniteLeak, at("handle_leak", 41), SiteStatus::kNew,
                         "100 B/request in handle_leak (service.cpp:41)");
  leak.site.bytes = leak.site.example.bytes = 3200;
  leak.site.blocks = leak.site.example.blocks = 32;
  FoundSite race = found(FindingKind::kRace, at("Counter::add(int)", 93), SiteStatus::kKnown,
                         "data race on Counter::total in Counter::add (service.cpp:93)");
  race.site.count = 7;
  race.site.fingerprint = "2222222222222222";
  race.site.example.stacks.push_back(
      {.label = "This conflicts with a previous read of size 4 by thread #2",
       .frames = {at("Counter::get() const", 97), at("main", 120)}});
  FoundSite gone = found(FindingKind::kInvalidAccess, at("parse_header", 57), SiteStatus::kFixed,
                         "read of 4 bytes after a block in parse_header (service.cpp:57)");
  gone.site.fingerprint = "3333333333333333";
  result.findings = {leak, race};
  result.fixed = {gone};
}

// Applies `change` to every text that a reader sees.
template <typename Change>
void change_texts(SignoffResult& result, Change change) {
  for (std::string* text : {&result.campaign, &result.file, &result.version, &result.flavour,
                            &result.baseline, &result.headline, &result.score.cap})
    change(*text);
  for (Score::Row& row : result.score.rows) change(row.what);
  for (PhaseResult& one : result.phases) {
    change(one.title), change(one.why), change(one.name);
    for (RunResult& execution : one.runs) {
      change(execution.name), change(execution.why), change(execution.directory);
      for (std::string& word : execution.command) change(word);
    }
    for (Series& series : one.charts) change(series.name);
  }
  for (RuleResult& one : result.rules) {
    change(one.rule.text), change(one.rule.id), change(one.rule.owner), change(one.rule.why);
    change(one.decision.why), change(one.phase);
    for (std::string& file : one.evidence) change(file);
    if (one.waiver) change(one.waiver->owner), change(one.waiver->reason);
  }
  for (FoundSite& one : result.findings) {
    change(one.site.title), change(one.directory), change(one.site.example.message);
    one.site.place.function = one.site.title;
    one.site.example.stacks[0].label = one.site.title;
  }
  for (std::string& warning : result.warnings) change(warning);
}

}  // namespace

SignoffResult sample_result() {
  SignoffResult result{
      .campaign = "release",
      .file = "examples/campaigns/release.toml",
      .version = "1.4.2",
      .flavour = "release",
      .baseline = "campaigns/1.4.1",
      .started_ms = kStart,
      .ended_ms = kStart + 33 * kMinute,
      .state = State::kFailed,
      .headline = "2 of 9 rules do not hold: p95@normal < 200ms and leaks.bytes == 0"};
  result.phases = service_phases();
  for (PhaseResult& one : redis_phases()) result.phases.push_back(std::move(one));
  result.rules = load_rules();
  for (RuleResult& one : other_rules()) result.rules.push_back(std::move(one));
  result.score = {.points = 49,
                  .band = "not ready",
                  .cap = "p95@normal < 200ms",
                  .rows = {{.what = "service/health", .weight = 1, .points = 1},
                           {.what = "service/normal", .weight = 3, .points = 0.5},
                           {.what = "service/memory", .weight = 2, .points = 0},
                           {.what = "service/edge", .weight = 1, .points = 0.5},
                           {.what = "redis/health", .weight = 1, .points = 1},
                           {.what = "redis/normal", .weight = 3, .points = 1},
                           {.what = "redis/recovery", .weight = 1, .points = 0}}};
  add_findings(result);
  result.environment = {{"host", "build-7"},
                        {"kernel", "Linux 6.1.0"},
                        {"service build id", "8f1c2d"},
                        {"valgrind", "3.19.0"}};
  result.warnings = {"the governor of CPU 0 is powersave: latency differs from run to run"};
  return result;
}

SignoffResult hostile_result() {
  SignoffResult result = sample_result();
  result.environment["<b>&\"\\x41"] = "<img src=x onerror=alert(1)>";
  change_texts(result, [](std::string& text) {
    text =
        "<script>alert(1)</script>\"onmouseover=\"alert(2)\" ]]>|`x`](javascript:alert(3))"
        "\n::error::%0A\x1b[31m\xff\xe2\x80\xae\\x41" +
        text;
  });
  return result;
}

SignoffResult passed_result() {
  SignoffResult result = sample_result();
  std::erase_if(result.rules, [](const RuleResult& one) { return one.state != State::kPassed; });
  std::erase_if(result.phases, [](const PhaseResult& one) { return one.state != State::kPassed; });
  for (RuleResult& one : result.rules) one.phase = "redis/normal";
  result.state = State::kPassed;
  result.headline = "all 2 rules hold";
  result.score = {.points = 100,
                  .band = "ready",
                  .rows = {{.what = "service/health", .weight = 1, .points = 1},
                           {.what = "redis/health", .weight = 1, .points = 1},
                           {.what = "redis/normal", .weight = 3, .points = 1}}};
  result.findings.clear();
  result.fixed.clear();
  result.warnings.clear();
  return result;
}

SignoffResult rehearsal_result() {
  SignoffResult result = sample_result();
  std::erase_if(result.rules, [](const RuleResult& one) { return one.state == State::kFailed; });
  result.state = State::kInconclusive;
  result.scale = 0.01;
  result.headline = "1 of 7 rules cannot be decided: connected >= 95%";
  result.score.points = 68.2;
  result.score.cap.clear();
  return result;
}

void write_sample_runs(const std::filesystem::path& directory) {
  const std::filesystem::path run = directory / "runs/service/memory/memcheck.1.attempt2";
  std::filesystem::create_directories(run);
  Profile profile(std::vector<ValueType>{{.name = "inuse_space", .unit = "bytes"}});
  const StackId serve = profile.push(profile.push(kRoot, profile.intern(at("main", 120))),
                                     profile.intern(at("serve", 88)));
  constexpr std::array<std::pair<const char*, std::int64_t>, 4> kHolders = {
      {{"Cache::insert(std::string const&, Entry&&)", 3 << 20},
       {"handle_leak", 3200},
       {"<script>alert(1)</script>", 900'000},
       {"parse_header", 400'000}}};
  for (const auto& [function, bytes] : kHolders)
    profile.add(profile.push(serve, profile.intern(at(function, 41))),
                std::array<std::int64_t, 1>{bytes});
  write_file(run / "profile.pb.gz", to_pprof(profile));
  write_file(run / "report.html", "<!doctype html><title>memcheck</title>\n");
}

}  // namespace tidemark::signoff
