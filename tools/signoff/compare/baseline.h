#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/budget/measure.h"
#include "lib/budget/rule.h"
#include "tools/signoff/facts/run_facts.h"

namespace tidemark::signoff {

// One execution of a tool, with what it found.
struct BaselineRun {
  std::string phase;   // PhaseResult::id(); empty: a run directory that was named by itself
  std::string name;    // RunResult::name; of a directory "memcheck.2" the part before the number
  int repetition = 1;  // of its name
  RunFacts facts;
};

// Runs that others are held against, and either side of a comparison: those of a former
// campaign, or run directories that somebody names.
struct Baseline {
  std::string name;               // as it was given
  std::string version;            // of the campaign; empty: not known
  std::string of_campaign;        // its name
  double scale = 1;               // of the campaign
  bool campaign = false;          // whether runs have phases
  std::vector<BaselineRun> runs;  // by phase, name and repetition
  std::vector<std::string> warnings;

  bool empty() const { return runs.empty(); }

  // The repetitions of a run of a phase. Of a baseline that is no campaign: all that are of the
  // same kind as `like`, whatever the phase. An empty `run` is any run of the phase.
  std::vector<const RunFacts*> facts_for(std::string_view phase, std::string_view run,
                                         const Run& like) const;

  // What they say of `subject`, one measure a repetition; those that did not measure it are
  // left out. For relative rules.
  std::vector<budget::Measure> measures_for(std::string_view phase, std::string_view run,
                                            const Run& like, const budget::Subject& subject) const;

  // The fingerprints of all that was found in a phase (of a baseline that is no campaign: in any
  // run), sorted: what is among them is not new.
  std::vector<std::string> known_in(std::string_view phase) const;
};

// Whether two runs are executions of the same thing: the same tool, verb and backend. Targets may
// differ, as two builds of a program do.
bool same_kind(const Run& a, const Run& b);

// Reads a campaign's directory (its signoff.json says which runs count: former attempts that were
// repeated do not), a run directory, or a directory of run directories. Throws Error when there is
// no run in it; a run that cannot be read is a warning.
Baseline read_baseline(const std::filesystem::path& path);

// The same for several run directories, or directories of them, that are one side together.
Baseline read_baseline(const std::vector<std::string>& paths);

}  // namespace tidemark::signoff
