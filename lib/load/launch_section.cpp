#include <fmt/format.h>

#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {

LaunchPlan read_launch(const TomlValue& section, const Scenario& scenario) {
  constexpr std::string_view kProfilers[] = {"none",     "heap",  "memcheck", "massif",
                                             "helgrind", "gperf", "perf"};
  section.only(keys::kLaunch);
  LaunchPlan plan;
  const TomlValue command = section.need("cmd");
  for (const TomlValue& word : command.items(kMostThings)) plan.command.push_back(word.text());
  if (plan.command.empty() || plan.command.front().empty()) {
    command.fail("expected a program and its arguments");
  }
  if (const auto under = section.get("under")) plan.under = under->choice(kProfilers);
  if (const auto ready = section.get("ready")) {
    ready->only(keys::kReady);
    if (const auto path = ready->get("get")) {
      if (scenario.target && scenario.target->kind != Target::Kind::kHttp &&
          scenario.target->kind != Target::Kind::kHttp2) {
        path->fail_at_key("only an HTTP target can be asked whether it is ready");
      }
      plan.ready_path = fixed_path_of(*path, scenario);
    }
    if (const auto within = ready->get("within")) plan.ready_within = time_of(*within);
  }
  return plan;
}

GuardPlan read_guard(const TomlValue& section) {
  section.only(keys::kGuard);
  GuardPlan plan;
  const TomlValue stop = section.need("stop");
  stop.only(keys::kStop);
  if (const auto memory = stop.get("mem")) plan.memory = memory->share();
  if (const auto cpu = stop.get("cpu")) plan.cpu = cpu->share();
  if (const auto disk = stop.get("disk_free")) plan.disk_free = disk->bytes();
  if (const auto within = stop.get("for")) plan.within = time_of(*within);
  return plan;
}

}  // namespace tidemark::load
