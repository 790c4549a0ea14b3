#include "tools/leakwatch/watch/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/cli/values.h"
#include "lib/process/words.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::int64_t kShortestEveryMs = 10;
constexpr std::int64_t kLongestEveryMs = 3'600'000;
constexpr std::int64_t kLeastMean = 1024;
constexpr double kLeastOverhead = 0.01;  // percent

struct LimitOption {
  std::string_view name;
  Column column;
};
constexpr std::array kLimits = {LimitOption{"--max-rss", Column::kRss},
                                LimitOption{"--max-anon", Column::kAnon},
                                LimitOption{"--max-pss", Column::kPss},
                                LimitOption{"--max-swap", Column::kSwap},
                                LimitOption{"--max-fds", Column::kFds},
                                LimitOption{"--max-threads", Column::kThreads},
                                LimitOption{"--max-processes", Column::kProcesses}};

TargetSpec target_of(const cli::Args& args) {
  using Kind = TargetSpec::Kind;
  struct Row {
    std::string_view option;
    Kind kind;
  };
  std::vector<TargetSpec> given;
  for (const Row& row :
       {Row{"--pid", Kind::kPid}, Row{"--name", Kind::kName}, Row{"--cgroup", Kind::kCgroup},
        Row{"--unit", Kind::kUnit}, Row{"--container", Kind::kContainer}}) {
    if (args.given(row.option)) {
      given.push_back({.kind = row.kind, .text = args.value(row.option)});
    }
  }
  if (!args.rest().empty()) given.push_back({.kind = Kind::kCommand, .command = args.rest()});
  if (given.size() != 1) {
    throw UsageError(
        given.empty() ? "nothing to watch" : "more than one target to watch",
        "give one of --pid, --name, --cgroup, --unit, --container, or a command behind --");
  }
  return given[0];
}

std::vector<Limit> limits_of(const cli::Args& args) {
  std::vector<Limit> limits;
  for (const LimitOption& option : kLimits) {
    if (!args.given(option.name)) continue;
    const bool bytes = soak::name_of(option.column).unit == "bytes";
    const std::string& text = args.value(option.name);
    limits.push_back({.option = std::string(option.name),
                      .column = option.column,
                      .most = bytes ? cli::bytes_of(text, option.name)
                                    : cli::count_of(text, option.name, {.low = 1})});
  }
  return limits;
}

void read_stop_on(const cli::Args& args, Plan& plan) {
  for (const std::string& text : args.values("--stop-on")) {
    if (text == "limit") {
      plan.stop_on_limit = true;
      continue;
    }
    const std::string_view confidence =
        std::string_view(text).substr(std::min(text.size(), std::string_view("leak:").size()));
    const auto number = text == "leak" ? std::optional(0.999) : to_double(confidence);
    if (!text.starts_with("leak") || !number || !(*number >= 0.5 && *number < 1)) {
      throw UsageError(
          fmt::format("--stop-on: expected leak, leak:CONFIDENCE from 0.5 to below 1, "
                      "or limit, found {}",
                      tidemark::quoted(text)));
    }
    plan.stop_on_leak = *number;
  }
}

void read_alarm(const cli::Args& args, Plan& plan) {
  if (args.given("--on-alarm")) {
    plan.alarm.command = split_command(args.value("--on-alarm"), "--on-alarm");
  }
  if (args.given("--webhook")) {
    plan.alarm.webhook = http::parse_url(args.value("--webhook"), "--webhook");
  }
  for (const std::string& text : args.values("--evidence")) {
    plan.alarm.evidence.push_back(parse_evidence(text));
  }
  plan.alarm.smaps = plan.smaps == Sampler::Smaps::kOnBudget;
}

std::filesystem::path output_of(const cli::Args& args, const TargetSpec& target) {
  if (args.given("--output")) return args.value("--output");
  std::string name = target.kind == TargetSpec::Kind::kCommand
                         ? std::filesystem::path(target.command[0]).filename().string()
                         : target.text;
  std::ranges::replace_if(
      name,
      [](char c) {
        return std::string_view("/ \t\n*?[](){}|^$\\").find(c) != std::string_view::npos;
      },
      '_');
  return fmt::format("leakwatch-{}", name);
}

// How finely an agent samples.
void read_sampling(const cli::Args& args, SitePlan& sites) {
  const bool samples = sites.source != nullptr && sites.source->access != HeapAccess::kOnRequest;
  for (const std::string_view option : {"--sites-mean", "--max-overhead"}) {
    if (args.given(option) && !samples) {
      throw UsageError(fmt::format("{}: needs --sites heap or auto", option));
    }
  }
  if (args.given("--sites-mean")) {
    const std::int64_t mean = cli::bytes_of(args.value("--sites-mean"), "--sites-mean");
    if (mean < kLeastMean) throw UsageError("--sites-mean: at least 1KiB");
    sites.mean_bytes = static_cast<std::uint64_t>(mean);
  }
  if (args.given("--max-overhead")) {
    const double percent = cli::percent_of(args.value("--max-overhead"), "--max-overhead");
    if (percent < kLeastOverhead) throw UsageError("--max-overhead: at least 0.01%");
    sites.max_overhead_ppm = static_cast<std::uint32_t>(percent * 10'000);
  }
}

void read_sites(const cli::Args& args, Plan& plan) {
  if (args.given("--sites")) {
    const HeapSource& source = heap_source_named(args.value("--sites"));
    const bool can_join = source.access == HeapAccess::kLadder;
    if (plan.target.kind != TargetSpec::Kind::kCommand && !can_join) {
      throw UsageError(
          fmt::format("--sites {} starts the target with a library in it: give a command behind --",
                      source.name),
          "--sites auto finds a way into a process that runs");
    }
    plan.sites.source = &source;
    plan.sites.every = cli::duration_of(args.value("--sites-every"), "--sites-every");
    if (plan.sites.every.count() < 100) throw UsageError("--sites-every: at least 100ms");
  }
  read_sampling(args, plan.sites);
}

// A scenario's results stand in the soak's own directory, on the soak's clock.
void read_load(const cli::Args& args, Plan& plan) {
  if (!args.given("--load")) return;
  plan.load = parse_load(args.value("--load"));
  if (!plan.load->scenario) return;
  plan.load->arguments.insert(plan.load->arguments.end(), {"--into", plan.output.string()});
}

}  // namespace

double bytes_per_day(std::string_view text, std::string_view what) {
  const std::size_t slash = text.find('/');
  const auto bytes = static_cast<double>(cli::bytes_of(text.substr(0, slash), what));
  if (slash == std::string_view::npos) return bytes;
  const auto time = cli::duration_of(text.substr(slash + 1), what);
  if (time.count() <= 0) {
    throw UsageError(fmt::format("{}: the time must be longer than nothing", what));
  }
  return bytes * 24 * 3600 * 1000 / static_cast<double>(time.count());
}

Plan plan_of(const cli::Args& args) {
  if (!args.operands().empty()) {
    throw UsageError(fmt::format("unexpected {}", tidemark::quoted(args.operands()[0])),
                     "a command to watch stands behind --");
  }
  Plan plan{.target = target_of(args)};
  plan.output = output_of(args, plan.target);
  plan.force = args.given("--force");
  plan.view = !args.given("--plain");
  plan.settings.gate_bytes_per_day = bytes_per_day(args.value("--max-growth"), "--max-growth");
  plan.settings.every_ms = cli::duration_of(args.value("--every"), "--every").count();
  if (plan.settings.every_ms < kShortestEveryMs || plan.settings.every_ms > kLongestEveryMs) {
    throw UsageError("--every: expected from 10ms to 1h");
  }
  if (args.given("--for")) {
    plan.settings.for_ms = cli::duration_of(args.value("--for"), "--for").count();
    if (plan.settings.for_ms == 0) throw UsageError("--for: the time must be longer than nothing");
  }
  const auto compress = to_double(args.value("--compress"));
  if (!compress || !(*compress >= 1 && *compress <= 10'000)) {
    throw UsageError("--compress: expected a number from 1 to 10000");
  }
  plan.settings.compress = *compress;
  if (args.given("--no-smaps")) plan.smaps = Sampler::Smaps::kNever;
  plan.restart_within = cli::duration_of(args.value("--restart-within"), "--restart-within");
  plan.limits = limits_of(args);
  for (const Limit& limit : plan.limits) {
    if (limit.column != Column::kRss && limit.column != Column::kAnon) continue;
    plan.settings.limit_bytes =
        std::min(limit.most, plan.settings.limit_bytes.value_or(limit.most));
  }
  read_stop_on(args, plan);
  read_sites(args, plan);
  read_load(args, plan);
  read_alarm(args, plan);
  for (const std::string& text : args.values("--metric")) {
    plan.metrics.push_back(parse_metric(text));
  }
  plan.command_line = args.command_line();
  return plan;
}

}  // namespace tidemark::leakwatch
