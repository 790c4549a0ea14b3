#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/process/load.h"
#include "lib/soak/columns.h"
#include "lib/soak/soak_judge.h"
#include "tools/leakwatch/sites/site_watch.h"
#include "tools/leakwatch/watch/alarms.h"
#include "tools/leakwatch/watch/metric.h"
#include "tools/leakwatch/watch/sampler.h"
#include "tools/leakwatch/watch/target.h"

namespace tidemark::leakwatch {

// What must not be exceeded, at any moment.
struct Limit {
  std::string option;  // "--max-rss"
  soak::Column column = soak::Column::kRss;
  std::int64_t most = 0;
};

// What `leakwatch watch` was asked for.
struct Plan {
  TargetSpec target;
  std::filesystem::path output;
  bool force = false;   // replace a former run
  bool resume = false;  // go on with it
  bool view = true;     // the live view, where there is a terminal for it
  soak::SoakSettings settings;
  Sampler::Smaps smaps = Sampler::Smaps::kOnBudget;
  std::chrono::milliseconds restart_within{0};
  std::vector<Limit> limits;
  std::vector<Metric> metrics;
  AlarmPlan alarm;
  std::optional<double> stop_on_leak;  // the confidence that is enough
  bool stop_on_limit = false;
  SitePlan sites;
  std::optional<LoadCommand> load;
  std::vector<std::string> command_line;
};

// Reads the command line of `leakwatch watch`. Throws UsageError.
Plan plan_of(const cli::Args& args);

// "50MB/24h" as bytes in 24 hours; `what` is the option.
double bytes_per_day(std::string_view text, std::string_view what);

}  // namespace tidemark::leakwatch
