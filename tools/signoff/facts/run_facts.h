#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/growth_report.h"
#include "lib/analyze/site.h"
#include "lib/budget/measure.h"
#include "lib/budget/rule.h"
#include "lib/model/run.h"
#include "lib/model/series.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// Memory in use below a function, as a heap profile has it.
struct SiteAmount {
  std::vector<std::string> functions;  // of the stack, innermost first
  double bytes = 0;
  double error = 0;    // standard error; 0: exact
  double freedom = 0;  // its degrees of freedom; 0: so many that it is normal
};

// What a run looked at and could not tell.
struct LeftOut {
  std::string metric;  // "growth"; "latency" for all of them
  std::string why;
};

// What stands for callers that massif leaves out, as the outermost function of a stack.
inline constexpr std::string_view kBelowThreshold = "(below massif's threshold)";
bool is_below_threshold(std::string_view function);  // that, or as massif says it

// All that a run directory says, whichever of our tools left it.
struct RunFacts {
  std::filesystem::path directory;
  Run run;
  State verdict = State::kNotDone;  // the tool's own
  std::string verdict_text;
  std::vector<budget::Measure> measures;  // all that need no pattern; sorted by metric and stage
  std::vector<LeftOut> left_out;
  std::vector<SiteAmount> amounts;  // empty: there is no heap profile
  std::string amounts_file;
  std::string amounts_basis;  // "estimated from samples"; empty: they are exact
  double least_amount = 0;    // what a stack may hold that is not told of; 0: not known
  std::vector<Site> sites;    // findings
  bool judges_leaks = false;  // whether no finding means that there is none
  bool judges_races = false;
  std::optional<GrowthReport> growth;  // which allocation sites grow
  std::vector<Series> charts;          // memory, rate, latency over time, the most telling first
  std::filesystem::path profile;       // profile.pb.gz; empty: none
  std::map<std::string, std::string> environment;
  std::vector<std::string> warnings;  // also: that it was cut short, or is partial
};

// Reads a run directory, whole or broken: what is damaged or missing is a warning, and the
// measures that it would have given are not there. Throws Error when it is no run directory.
RunFacts read_run_facts(const std::filesystem::path& directory);

// What `facts` say of `subject`; nothing when it was not measured. `known` are the fingerprints
// of a baseline, for "leaks.new" and "races.new"; null: no baseline was given.
std::optional<budget::Measure> measure_of(const RunFacts& facts, const budget::Subject& subject,
                                          const std::vector<std::string>* known);

// Why a run that came to its end could not tell; empty: it did not look, or it did not end well.
std::string why_left_out(const RunFacts& facts, const budget::Rule& rule);

}  // namespace tidemark::signoff
