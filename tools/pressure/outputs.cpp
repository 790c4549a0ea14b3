#include "tools/pressure/outputs.h"

#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/run/load_file.h"

namespace tidemark::pressure {
namespace {

constexpr std::string_view kPrometheus = "prom:";

// What a p99 must not reach; 0 when the scenario looks at something else.
std::int64_t send_lag_limit(const load::LoadPlan& load) {
  const bool p99 = load.send_lag.metric == "p99";
  return p99 ? static_cast<std::int64_t>(load.send_lag.value) : 0;
}

}  // namespace

Outputs::Outputs(const Settings& settings, std::int64_t start_ms)
    : stages_(load::stages_of(settings.scenario.load)),
      log_(settings.output / kLoadLog, start_ms),
      series_(settings.output / "series.db"),
      own_memory_(!settings.into) {
  const load::Scenario& scenario = settings.scenario;
  const std::string target = scenario.target ? scenario.target->text : "";
  view_.emplace(STDERR_FILENO, scenario.name, target, send_lag_limit(scenario.load));
  for (const std::string& out : scenario.out) {
    if (!out.starts_with(kPrometheus)) continue;
    prometheus_.emplace(out.substr(kPrometheus.size()), scenario.name, target);
  }
}

void Outputs::take(const Moment& moment) {
  log_.take(moment);
  Moment kept = moment;
  if (!own_memory_) kept.memory = std::nullopt;
  series_.take(kept);
  if (prometheus_) prometheus_->take(moment);
  if (view_) view_->take(moment);
}

void Outputs::begin_stage(std::size_t stage, std::int64_t at_ms) {
  const auto ms = [](load::Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  std::int64_t end = at_ms;
  for (std::size_t i = stage; i < stages_.size(); ++i) end += ms(stages_[i].ramp + stages_[i].hold);
  const load::Stage& about = stages_[stage];
  view_->begin_stage({.name = about.name,
                      .number = stage + 1,
                      .of = stages_.size(),
                      .start_ms = at_ms,
                      .end_ms = at_ms + ms(about.ramp + about.hold),
                      .run_end_ms = end});
  series_.mark(at_ms, "stage", about.name);
}

void Outputs::say(const std::string& line) { view_->say(line); }

void Outputs::gauge(std::string_view name, double value) { series_.gauge(now_ms(), name, value); }

std::vector<std::string> Outputs::finish(const std::vector<load::FaultResult>& faults) {
  view_.reset();
  log_.finish();
  for (const load::FaultResult& fault : faults) series_.mark(fault.at_ms, "fault", fault.what);
  series_.flush();
  std::vector<std::string> trouble;
  for (const std::string& text : {log_.trouble(), series_.trouble()}) {
    if (!text.empty()) trouble.push_back(text);
  }
  return trouble;
}

}  // namespace tidemark::pressure
