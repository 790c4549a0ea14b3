#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/budget/decision.h"
#include "lib/budget/rule.h"
#include "lib/budget/score.h"
#include "lib/model/series.h"

namespace tidemark::signoff {

// What a rule, a run, a phase or a campaign came to.
enum class State : std::uint8_t {
  kPassed,
  kFailed,
  kInconclusive,
  kNotDone,        // a tool is missing, it could not start, ran out of time, depends on such a one
  kSkipped,        // not asked for: --only, --skip
  kNotApplicable,  // nothing in it was to be judged
  kWaived,         // of a rule: it does not hold, and somebody answers for that
};
std::string_view name_of(State state);     // "passed", "not done": for people and files
State state_named(std::string_view name);  // throws Error

// One execution of a tool.
struct RunResult {
  std::string name;                  // "memcheck"; unique in its phase but for repetitions
  int repetition = 1;                // of `repeat`
  int attempt = 1;                   // a retry counts on; earlier attempts are kept and shown
  std::string tool;                  // "memprof"
  std::vector<std::string> command;  // as it was started
  std::string directory;             // its run directory, relative to the campaign's
  int exit_code = -1;                // -1: it did not end by itself
  State state = State::kNotDone;     // the tool's own verdict
  std::string why;                   // for people
  std::int64_t started_ms = 0;       // 0: never
  std::int64_t ended_ms = 0;
  bool superseded = false;  // a later attempt counts instead
};

struct PhaseResult {
  std::string target;  // "redis"; empty when the campaign has one
  std::string name;    // "normal"
  std::string title;
  State state = State::kNotDone;
  std::string why;
  double weight = 1;
  double points = 0;  // 0 to 1: what it brings to the score
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::optional<std::int64_t> expected_ms;  // from its history
  std::vector<RunResult> runs;
  std::vector<Series> charts;  // what its runs measured over time, the most telling first

  std::string id() const { return target.empty() ? name : target + "/" + name; }
};

// A rule in a phase.
struct RuleResult {
  budget::Rule rule;
  std::string phase;  // PhaseResult::id(); empty: no phase measured it
  std::string run;    // RunResult::name of the runs that measured it, where others did not
  budget::Decision decision;
  State state = State::kNotDone;
  std::optional<budget::Waiver> waiver;  // that holds, or has expired: see `state`
  std::vector<std::string> evidence;     // files relative to the campaign's directory

  std::string where() const { return run.empty() ? phase : phase + "/" + run; }
};

// Something to fix that a run found.
struct FoundSite {
  Site site;
  std::string phase;
  std::string directory;  // of the run
};

using budget::Score;

// A campaign, or a gate over runs that are there: what every writer turns into text.
struct SignoffResult {
  std::string campaign;  // its name
  std::string file;      // as it was given
  std::string version;   // what is signed off: "1.4.2", a commit
  std::string flavour;   // "release"
  double scale = 1;      // below 1 it is a rehearsal, and says so
  std::string commit;    // its revision; empty: not known
  std::string baseline;  // what it was compared with; empty: nothing
  std::string baseline_directory;
  std::string history;  // the file that remembers it; empty: none does
  bool strict = false;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;  // 0: it goes on, or was cut off
  State state = State::kNotDone;
  std::string headline;  // one sentence
  Score score;
  std::vector<PhaseResult> phases;  // in the order of the file
  std::vector<RuleResult> rules;
  std::vector<FoundSite> findings;                 // the worst first
  std::vector<FoundSite> fixed;                    // in the baseline only
  std::map<std::string, std::string> environment;  // kernel, host, versions of tools, build ids
  std::vector<std::string> warnings;

  int exit_code() const;  // 0 pass, 1 fail, 3 could not run, 4 inconclusive
};

}  // namespace tidemark::signoff
