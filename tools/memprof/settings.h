#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/process/ready.h"
#include "lib/process/tree.h"
#include "lib/run/run_directory.h"
#include "tools/memprof/backends/backend.h"
#include "tools/memprof/documents.h"
#include "tools/memprof/presets.h"

namespace tidemark::memprof {

// What `memprof run` was asked for, checked, with the defaults and the preset
// filled in.
struct Settings {
  const Backend* backend = nullptr;
  const Preset* preset = nullptr;            // null: none
  std::vector<std::string> target;           // empty when attaching
  std::vector<std::string> options;          // more for the profiler
  std::vector<std::string> load;             // empty: none
  bool scenario = false;                     // the load is a scenario of pressure
  Readiness ready;                           // when load may begin
  std::chrono::milliseconds ready_within{};  // the profiler's slow-down included
  std::optional<std::chrono::milliseconds> run_for;
  std::chrono::milliseconds snapshot_every{0};  // 0: never
  StopPlan stop;
  std::uint64_t open_files = 0;            // 0: ours
  double max_memory = 85;                  // per cent of the machine's
  std::optional<double> max_cpu_pressure;  // per cent of the time
  std::optional<pid_t> attach;
  std::filesystem::path output;
  FormerRun former = FormerRun::kKeep;
  Judging judging;
  std::vector<std::string> notes;  // what was chosen and why, for run.json

  // Whether the target is to serve until it is told to stop.
  bool service() const { return run_for || !load.empty() || ready.kind != Readiness::Kind::kNone; }
};

// Throws UsageError; Error when a program that is needed is not installed.
Settings settings_from(const cli::Args& args);

}  // namespace tidemark::memprof
