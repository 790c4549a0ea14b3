#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "lib/run/run_directory.h"
#include "tools/signoff/campaign/tools.h"
#include "tools/signoff/compare/baseline.h"
#include "tools/signoff/report/result_json.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& path) { return fs::exists(path / kRunFile); }

std::string name_of_directory(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.filename().empty() ? whole.parent_path().filename().string()
                                  : whole.filename().string();
}

// A run directory that was named by itself: "memcheck.2" is the second repetition of "memcheck".
BaselineRun run_at(const fs::path& path) {
  BaselineRun run{.name = name_of_directory(path), .facts = read_run_facts(path)};
  const std::size_t dot = run.name.rfind('.');
  if (dot == std::string::npos || dot == 0) return run;
  const auto number = to_number(std::string_view(run.name).substr(dot + 1));
  if (!number || *number < 1 || *number > 1'000'000) return run;
  run.repetition = static_cast<int>(*number);
  run.name.resize(dot);
  return run;
}

// The run directories in a directory, by name.
std::vector<fs::path> runs_in(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    if (is_run(at->path())) found.push_back(at->path());
  if (error) throw Error(fmt::format("{}: {}", path.string(), error.message()));
  std::ranges::sort(found);
  return found;
}

// Adds what can be read of them; what cannot be is a warning.
void add_runs(Baseline& baseline, const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    try {
      baseline.runs.push_back(run_at(path));
    } catch (const Error& error) {
      baseline.warnings.emplace_back(error.what());
    }
  }
}

void add_result(Baseline& baseline, const fs::path& directory, const PhaseResult& phase,
                const RunResult& run) {
  const std::string what = fmt::format("{}: {} {}", directory.string(), phase.id(), run.name);
  if (!stays_inside(run.directory)) {
    baseline.warnings.push_back(what + ": its directory is outside of the campaign's");
    return;
  }
  if (!is_run(directory / run.directory)) {
    if (!leaves_a_run(run.tool)) return;
    baseline.warnings.push_back(fmt::format("{}: it left no run directory", what));
    return;
  }
  try {
    baseline.runs.push_back({.phase = phase.id(),
                             .name = run.name,
                             .repetition = run.repetition,
                             .facts = read_run_facts(directory / run.directory)});
  } catch (const Error& error) {
    baseline.warnings.emplace_back(error.what());
  }
}

void read_campaign_directory(Baseline& baseline, const fs::path& directory) {
  const SignoffResult result = read_result(directory);
  baseline.campaign = true;
  baseline.version = result.version;
  baseline.of_campaign = result.campaign;
  baseline.scale = result.scale;
  if (result.ended_ms == 0)
    baseline.warnings.push_back(directory.string() + ": the campaign has not come to its end");
  for (const PhaseResult& phase : result.phases)
    for (const RunResult& run : phase.runs)
      if (!run.superseded && !run.directory.empty()) add_result(baseline, directory, phase, run);
}

void read_directory(Baseline& baseline, const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    throw Error(fmt::format("{}: expected a directory of a campaign or of runs, found {}",
                            path.string(), fs::exists(path, error) ? "a file" : "nothing"),
                "name what memprof, leakwatch, pressure or signoff run wrote with --output");
  }
  if (fs::exists(path / kResultFile, error)) {
    read_campaign_directory(baseline, path);
    return;
  }
  if (is_run(path)) {
    baseline.runs.push_back(run_at(path));
    return;
  }
  const std::vector<fs::path> runs = runs_in(path);
  if (runs.empty()) {
    throw Error(fmt::format("{}: neither a campaign's directory, nor a run directory, nor a "
                            "directory of run directories",
                            path.string()),
                "it should have signoff.json or run.json, or directories with run.json");
  }
  add_runs(baseline, runs);
}

// What a user named must not come to nothing.
Baseline whole(Baseline baseline) {
  if (baseline.runs.empty()) {
    throw Error(fmt::format("{}: no run in it can be read", baseline.name),
                baseline.warnings.empty() ? "" : baseline.warnings.front());
  }
  std::ranges::stable_sort(baseline.runs, {}, [](const BaselineRun& run) {
    return std::tie(run.phase, run.name, run.repetition);
  });
  return baseline;
}

}  // namespace

Baseline read_baseline(const fs::path& path) {
  Baseline baseline{.name = path.string()};
  read_directory(baseline, path);
  return whole(std::move(baseline));
}

Baseline read_baseline(const std::vector<std::string>& paths) {
  if (paths.size() == 1) return read_baseline(fs::path(paths.front()));
  Baseline all;
  for (const std::string& path : paths) {
    Baseline one = read_baseline(fs::path(path));
    if (one.campaign) {
      throw UsageError(fmt::format("{}: a campaign is a side by itself", path),
                       "name run directories of it, such as runs/service/normal/load.1");
    }
    if (!all.name.empty()) all.name += ", ";
    all.name += one.name;
    std::ranges::move(one.runs, std::back_inserter(all.runs));
    std::ranges::move(one.warnings, std::back_inserter(all.warnings));
  }
  return whole(std::move(all));
}

}  // namespace tidemark::signoff
