#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/budget/rule.h"

namespace tidemark::signoff {

using Duration = std::chrono::nanoseconds;

// One execution of a tool, as the file says it, in the directory of the campaign's file. Its
// arguments, and the texts of a target, may have placeholders (docs/signoff-campaign.md):
//   {command}       the target's command, in as many arguments as it has
//   {url} {ready}   of the target; {port}: a free port, the same in all texts of one execution
//   {load.NAME}     an entry of the target's [target.NAME.load]: a path relative to the file, or
//                   a command, which has blanks
//   {dir} {scratch} the run directory that it is to make; a directory that is removed afterwards
//   {campaign}      the directory of the campaign's file
//   {time 24h}      the duration times the scale, a second at least
//   {scale} {rehearse} {compress}   0.01; "--rehearse 0.01", nothing at scale 1, and two arguments
//                   where it stands alone; 100
//   {env.NAME}      a variable of the environment; {bin}: where our tools are
struct RunPlan {
  std::string name;  // unique in the phase; that of the tool when not given
  std::string tool;  // "memprof", "leakwatch", "pressure", "flamegraph", or "command"
  std::vector<std::string> args;
  int repeat = 1;
  int retries = 0;  // of one that could not be done: never of one that found something
  std::optional<Duration> timeout;   // at scale 1; else from its history, else the default
  bool verdict = true;               // whether the tool's own exit code counts, beside the rules
  std::vector<std::string> targets;  // globs; empty: all
};

struct PhasePlan {
  std::string name;
  std::string title;
  std::vector<std::string> after;  // phases that must have been done before, whatever they found
  std::vector<std::string> needs;  // phases that must have passed before
  std::vector<RunPlan> runs;       // one after the other
  std::vector<std::string> targets;
  bool parallel = false;  // may run beside other parallel phases
  int cpus = 1;           // that it takes then
  double weight = 1;
  std::vector<std::string> programs;  // that must be installed, besides those of its tools
  std::int64_t memory_bytes = 0;      // that must be available
  std::int64_t disk_bytes = 0;
  std::string place;  // "release.toml:40:1"
};

struct TargetPlan {
  std::string name;
  std::vector<std::string> command;
  std::string ready;  // as memprof --ready takes it
  std::string url;
  std::string flavour;  // "release"
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> load;  // [target.NAME.load]
};

// Who is told what a campaign came to.
struct AlertPlan {
  std::vector<std::string> webhooks;
  std::vector<std::string> commands;  // as a shell would split it; no shell is used
  std::vector<std::string> on;        // "failed", "inconclusive", "not done", "passed", "recovered"
};

// A campaign file (TOML), whole and without contradictions.
struct Campaign {
  std::string name;
  std::string title;
  std::filesystem::path file;  // absolute
  std::vector<std::filesystem::path> budget_files;
  std::vector<TargetPlan> targets;  // at least one
  std::vector<PhasePlan> phases;    // in the order of the file, which is one in which they can run
  std::vector<budget::Rule> rules;  // its own and those of its budget files
  std::vector<budget::Waiver> waivers;
  double ready_band = 95;  // of the readiness score
  double nearly_band = 80;
  double hard_cap = 49;  // the most that it is when a hard rule fails
  double confidence = 0.95;
  AlertPlan alert;
  std::optional<std::filesystem::path> history;
  std::vector<std::string> warnings;  // rules of budget files that are for nothing of this
};

// Throws UsageError with file, line and column, and the key that was probably meant.
Campaign read_campaign(const std::filesystem::path& path);

// Puts a copy of it and of its budget files into `directory`, and reads that one: paths in it
// stay relative to `original`, where it was read from, which need not be there any more.
void copy_campaign(const Campaign& campaign, const std::filesystem::path& directory);
Campaign read_campaign_copy(const std::filesystem::path& directory,
                            const std::filesystem::path& original);

}  // namespace tidemark::signoff
