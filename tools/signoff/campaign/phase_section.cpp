#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "tools/signoff/campaign/campaign_keys.h"
#include "tools/signoff/campaign/sections.h"
#include "tools/signoff/campaign/tools.h"

namespace tidemark::signoff {
namespace {

constexpr Duration kLongestTime = std::chrono::hours(31 * 24);
constexpr std::int64_t kMostRepetitions = 1000;
constexpr std::int64_t kMostRetries = 10;
constexpr std::int64_t kMostCpus = 4096;
constexpr double kMostWeight = 1000;

// A glob that chooses no target is a mistake.
std::vector<std::string> read_target_globs(const TomlValue& value, const Campaign& campaign) {
  std::vector<std::string> globs;
  for (const TomlValue& item : value.items(kMostThings)) {
    const std::string& glob = item.text();
    if (std::ranges::none_of(campaign.targets, [&](const TargetPlan& target) {
          return applies_to({glob}, target.name);
        })) {
      std::vector<std::string_view> known;
      for (const TargetPlan& target : campaign.targets) known.push_back(target.name);
      item.fail_unknown("target", glob, known);
    }
    globs.push_back(glob);
  }
  return globs;
}

Duration read_timeout(const TomlValue& value) {
  const Duration timeout = value.duration();
  if (timeout <= Duration(0) || timeout > kLongestTime) {
    value.fail("expected a time of more than nothing and at most 31 days");
  }
  return timeout;
}

void read_directory_option(const TomlValue& args, const RunPlan& run) {
  if (!takes_directory(run.tool, run.args)) return;
  for (const TomlValue& arg : args.items(kMostThings)) {
    if (arg.text() == "--") return;
    const bool output = arg.text() == "-o" || arg.text().starts_with("--output");
    if (output) arg.fail("signoff says where a run writes", "leave it out, or name it {dir}");
  }
}

class PhaseReader {
 public:
  PhaseReader(const TomlValue& section, const Campaign& campaign)
      : section_(section), campaign_(campaign) {}

  PhasePlan read() {
    section_.only(keys::kPhase);
    phase_.name = section_.need("name").name();
    phase_.place = section_.what().substr(0, section_.what().rfind(": "));
    if (const auto title = section_.get("title")) phase_.title = title->text();
    read_names("after", phase_.after);
    read_names("needs", phase_.needs);
    if (const auto targets = section_.get("targets")) {
      phase_.targets = read_target_globs(*targets, campaign_);
    }
    read_place();
    if (const auto weight = section_.get("weight")) phase_.weight = weight->number(0, kMostWeight);
    if (const auto needed = section_.get("requires")) read_requires(*needed);
    read_runs();
    return std::move(phase_);
  }

 private:
  // Held against the phases once all of them are known: check_order().
  void read_names(std::string_view key, std::vector<std::string>& into) const {
    if (const auto value = section_.get(key)) {
      for (const TomlValue& item : value->items(kMostThings)) into.push_back(item.name());
    }
  }

  void read_place() {
    if (const auto parallel = section_.get("parallel")) phase_.parallel = parallel->truth();
    if (const auto cpus = section_.get("cpus")) {
      phase_.cpus = static_cast<int>(cpus->whole(1, kMostCpus));
    }
  }

  void read_requires(const TomlValue& value) {
    value.only(keys::kRequires);
    if (const auto programs = value.get("programs")) {
      for (const TomlValue& item : programs->items(kMostThings)) {
        if (item.text().empty()) item.fail("expected the name of a program");
        phase_.programs.push_back(item.text());
      }
    }
    if (const auto memory = value.get("memory")) phase_.memory_bytes = memory->bytes();
    if (const auto disk = value.get("disk")) phase_.disk_bytes = disk->bytes();
  }

  void read_runs() {
    const auto runs = section_.get("run");
    const auto tool = section_.get("tool");
    if (runs && tool) {
      tool->fail_at_key("there is [[phase.run]] too", "give the tool in each of the runs");
    }
    if (!runs && !tool) section_.fail("expected 'tool', or runs: [[phase.run]]");
    if (tool) {
      add(section_, {.name = tool->text()});
      return;
    }
    for (const std::string_view key : {"args", "repeat", "retries", "timeout", "verdict"}) {
      if (const auto value = section_.get(key)) {
        value->fail_at_key("belongs to a run", "write it below [[phase.run]]");
      }
    }
    for (const TomlValue& run : runs->items(kMostThings)) {
      run.only(keys::kRun);
      RunPlan plan{.name = run.need("tool").text()};
      if (const auto name = run.get("name")) plan.name = name->name();
      if (const auto targets = run.get("targets")) {
        plan.targets = read_target_globs(*targets, campaign_);
      }
      add(run, std::move(plan));
    }
    if (phase_.runs.empty()) runs->fail("expected at least one");
  }

  // `section` has the keys that both ways of writing a run share.
  void add(const TomlValue& section, RunPlan plan) {
    plan.tool = section.need("tool").choice(kTools);
    if (std::ranges::find(phase_.runs, plan.name, &RunPlan::name) != phase_.runs.end()) {
      section.fail(fmt::format("there are two runs {}", plan.name), "give each a name");
    }
    if (const auto repeat = section.get("repeat")) {
      plan.repeat = static_cast<int>(repeat->whole(1, kMostRepetitions));
    }
    if (const auto retries = section.get("retries")) {
      plan.retries = static_cast<int>(retries->whole(0, kMostRetries));
    }
    if (const auto timeout = section.get("timeout")) plan.timeout = read_timeout(*timeout);
    if (const auto verdict = section.get("verdict")) plan.verdict = verdict->truth();
    const TomlValue args = section.need("args");
    plan.args = texts_of(args);
    if (plan.args.empty()) args.fail("expected at least one argument");
    check_arguments(args, plan, phase_, campaign_);
    read_directory_option(args, plan);
    phase_.runs.push_back(std::move(plan));
  }

  const TomlValue& section_;
  const Campaign& campaign_;
  PhasePlan phase_;
};

}  // namespace

void read_phases(const TomlValue& section, Campaign& campaign) {
  std::set<std::string> names;
  for (const TomlValue& item : section.items(kMostThings)) {
    PhasePlan phase = PhaseReader(item, campaign).read();
    if (!names.insert(phase.name).second) {
      item.need("name").fail(fmt::format("there are two phases {}", phase.name));
    }
    campaign.phases.push_back(std::move(phase));
  }
  if (campaign.phases.empty()) section.fail("expected at least one: [[phase]]");
  check_order(section, campaign);
}

}  // namespace tidemark::signoff
