#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/budget/measure.h"
#include "tools/signoff/compare/baseline.h"
#include "tools/signoff/compare/contrast.h"

namespace tidemark::signoff {

// What became of a number, a site or all of it.
enum class Change : std::uint8_t {
  kWorse,      // beyond what chance explains
  kBetter,     // the same to the good side
  kSame,       // the difference is smaller than what matters, as far as can be seen
  kUnsure,     // neither: the uncertainty spans both
  kNotJudged,  // the two sides are not comparable here
};

// "worse", "better", "same", "cannot tell", "not judged": for people and files.
std::string_view name_of(Change change);

struct MetricChange {
  std::string metric;  // budget::Measure::metric
  std::string stage;
  budget::Unit unit = budget::Unit::kCount;
  bool more_is_better = false;
  Contrast contrast;
  double adjusted = 1;  // the p-value, for there being so many metrics
  Change change = Change::kUnsure;
  std::string why;                  // not judged: the reason; else what the runs are
  std::vector<double> before_runs;  // each run's value
  std::vector<double> after_runs;

  std::string name() const { return stage.empty() ? metric : metric + "@" + stage; }
};

// Something to fix, and in how many of the runs it was seen.
struct FindingChange {
  Site site;  // its status says new, known or fixed; unjudged: only one side looks for such
  int before_runs = 0;
  int after_runs = 0;
};

// Memory in use, or growth, of an allocation site.
struct SiteChange {
  // Innermost first, without those of allocators and the C++ library; 8 at most.
  std::vector<std::string> functions;
  Contrast contrast;  // bytes; of growth: bytes an hour
  double adjusted = 1;
  Change change = Change::kUnsure;
};

// What a name of the surroundings was on the two sides.
struct Surrounding {
  std::string name;    // "kernel", "variable MALLOC_ARENA_MAX"
  std::string before;  // empty: there was none; several values of repetitions are joined
  std::string after;
};

// Which numbers a difference in the surroundings spoils.
enum class Spoils : std::uint8_t {
  kNothing,
  kTimes,     // latencies, rates, recoveries
  kLoad,      // what the load measured: times, shares of errors
  kAll,       // every number
  kFindings,  // every number, and whether a finding is new or fixed
};

// Why two sides are not comparable.
struct Concern {
  std::string text;  // "different backends: memcheck and massif"
  Spoils spoils = Spoils::kAll;
};

// A run and its repetitions on both sides.
struct PairChange {
  std::string phase;  // empty: not of a campaign
  std::string name;   // of the run: "memcheck"; "memprof memcheck" where there is no campaign
  std::vector<std::string> before_directories;
  std::vector<std::string> after_directories;
  std::vector<Concern> concerns;
  std::vector<MetricChange> metrics;    // the worst first, then by name
  std::vector<FindingChange> findings;  // of the side after, the worst first
  std::vector<FindingChange> fixed;     // of the side before only
  std::vector<SiteChange> sites;        // that hold more or less, the biggest growth first
  std::vector<SiteChange> growing;      // that grow, after or before
  std::size_t sites_compared = 0;
  double memory = 0;  // in use in the mean of the heap profiles, of the side that has more
  std::vector<Surrounding> surroundings;   // that differ
  std::vector<std::string> warnings;       // of the runs themselves
  std::vector<std::string> before_deaths;  // runs whose target died
  std::vector<std::string> after_deaths;
  std::string flame_file;  // of the differential flame graph, beside the output; empty: none
  std::string flame_svg;   // the same as a picture, for pages

  // "phase/name", or the name.
  std::string id() const { return phase.empty() ? name : phase + ": " + name; }
};

struct Comparison {
  std::string before;
  std::string after;
  std::vector<PairChange> pairs;
  std::vector<std::string> only_before;  // runs that the other side does not have
  std::vector<std::string> only_after;
  std::vector<std::string> warnings;
  double same = 0.01;  // the share below which a difference does not matter
  bool strict = false;
};

// How many of all pairs' metrics came to that.
std::size_t count_of(const Comparison& comparison, Change change);

// What all of it comes to: worse when anything is; not judged when every pair is not comparable;
// unsure when nothing could be told, or strictly when anything could not; better when something
// is; else the same.
Change verdict_of(const Comparison& comparison);

// One sentence: "worse: rss.peak rises by 3.1 %, and 1 finding is new".
std::string headline_of(const Comparison& comparison);

// 0 nothing is worse, 1 something is, 4 cannot tell.
int exit_code_of(const Comparison& comparison);

struct CompareOptions {
  std::string phases = "*";  // a glob
  double same = 0.01;
  bool strict = false;
};

// Compares two sides. Runs are matched by phase and name; of what is no campaign by their kind.
// Throws Error when nothing matches, and UsageError when one side is a campaign and the other
// is not.
Comparison compare_runs(const Baseline& before, const Baseline& after,
                        const CompareOptions& options);

}  // namespace tidemark::signoff
