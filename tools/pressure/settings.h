#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/load/scenario.h"
#include "lib/run/run_directory.h"

namespace tidemark::pressure {

// What `pressure run` was asked for.
struct Settings {
  load::Scenario scenario;  // with what the command line changes of it
  std::optional<load::Duration> run_for;
  double rehearse = 1;             // what its times were multiplied by
  std::string under;               // the profiler that slows the target down; empty: none
  std::vector<std::string> owned;  // hosts that may be loaded besides this machine
  bool skip_impossible_faults = false;
  bool view = true;  // the live view, where there is a terminal for it
  std::filesystem::path output;
  bool into = false;  // `output` is another tool's run directory
  FormerRun former = FormerRun::kKeep;
};

// Throws UsageError, also for a mistake in the scenario.
Settings settings_from(const cli::Args& args);

}  // namespace tidemark::pressure
