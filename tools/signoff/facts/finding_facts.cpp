#include "tools/signoff/facts/finding_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "lib/analyze/verdict.h"

namespace tidemark::signoff {
namespace {

using budget::Measure;
using budget::Unit;

constexpr std::string_view kFile = "findings.json";
constexpr std::array<std::string_view, 2> kLeakJudges = {"memcheck", "lsan-log"};
constexpr std::array<std::string_view, 2> kRaceJudges = {"helgrind", "drd"};
constexpr std::array<std::string_view, 1> kErrorJudges = {"memcheck"};
constexpr std::array<std::string_view, 5> kHeapProfilers = {"massif", "dhat", "heap", "gperf-heap",
                                                            "heaptrack"};

bool is_one_of(std::string_view backend, const auto& judges) {
  return std::ranges::find(judges, backend) != judges.end();
}

bool is_memory_error(FindingKind kind) {
  return kind == FindingKind::kInvalidAccess || kind == FindingKind::kUninitialised ||
         kind == FindingKind::kBadFree || kind == FindingKind::kBadCall;
}
bool is_definite_leak(FindingKind kind) { return kind == FindingKind::kDefiniteLeak; }
bool is_race(FindingKind kind) { return kind == FindingKind::kRace; }

// Whether nothing, or not what was meant, was asked of the target. pressure says with 1 and 4 that
// its requests were made, and a limit did not hold or could not be told.
bool load_failed(const Run& run) {
  if (run.load.empty()) return false;
  switch (run.load_end.kind) {
    case EndKind::kExited:
    case EndKind::kStopped:
      break;
    default:
      return true;
  }
  const int code = run.load_end.code;
  const bool ours = std::filesystem::path(run.load.front()).filename() == "pressure";
  return ours ? code == 2 || code == 3 : run.load_end.kind == EndKind::kExited && code != 0;
}

// Why less was looked at than the whole run; empty: nothing is missing.
std::string gap_of(const Document& document, const Run& run) {
  if (run.state != "ended") return "the run has not ended, or its writer died";
  if (!run.cut_short.empty()) return "the run was cut short: " + run.cut_short;
  // A target that never was ready had no load.
  const bool loaded = run.load_end.kind != EndKind::kRunning;
  if (loaded && load_failed(run)) {
    return fmt::format("the load failed (exit code {})", run.load_end.code);
  }
  if (document.partial) return "a file of the profiler is cut off";
  if (document.verdict == Verdict::kFailed) return "the run failed: " + document.verdict_text;
  if (run.end.kind != EndKind::kExited && run.end.kind != EndKind::kStopped) {
    return fmt::format("the target {}", name_of(run.end.kind));
  }
  const auto open = std::ranges::find(document.processes, false, &ProcessRecord::finished);
  if (open != document.processes.end()) {
    return fmt::format("the record of process {} has no end", open->pid);
  }
  if (load_failed(run)) return "the load did not run";
  return "";
}

bool is_whole(const Document& document, const Run& run) { return gap_of(document, run).empty(); }

struct Sum {
  std::int64_t sites = 0;
  double bytes = 0;
  double blocks = 0;
  std::int64_t suppressed = 0;
};

Sum sum_of(const Document& document, bool (*is)(FindingKind)) {
  Sum sum;
  for (const Site& site : document.sites) {
    if (!is(site.kind)) continue;
    ++sum.sites;
    sum.bytes += static_cast<double>(site.bytes);
    sum.blocks += static_cast<double>(site.blocks);
  }
  for (const Site& site : document.suppressed) sum.suppressed += is(site.kind) ? 1 : 0;
  return sum;
}

Measure exact(std::string metric, Unit unit, double value, const Sum& sum) {
  return {
      .metric = std::move(metric),
      .unit = unit,
      .value = value,
      .exact = true,
      .error = 0,
      .basis = fmt::format(
          "{} site{}{}", sum.sites, sum.sites == 1 ? "" : "s",
          sum.suppressed == 0 ? "" : fmt::format("; {} suppressed do not count", sum.suppressed)),
      .file = std::string(kFile)};
}

void add_counts(const Document& document, RunFacts& facts) {
  const std::string& backend = facts.run.backend;
  if (facts.judges_leaks) {
    const Sum sum = sum_of(document, is_definite_leak);
    facts.measures.push_back(exact("leaks.bytes", Unit::kBytes, sum.bytes, sum));
    facts.measures.push_back(exact("leaks.blocks", Unit::kCount, sum.blocks, sum));
    facts.measures.push_back(
        exact("leaks.sites", Unit::kCount, static_cast<double>(sum.sites), sum));
  }
  if (facts.judges_races) {
    const Sum sum = sum_of(document, is_race);
    facts.measures.push_back(exact("races", Unit::kCount, static_cast<double>(sum.sites), sum));
  }
  if (is_one_of(backend, kErrorJudges)) {
    const Sum sum = sum_of(document, is_memory_error);
    facts.measures.push_back(
        exact("memory_errors", Unit::kCount, static_cast<double>(sum.sites), sum));
  }
}

// A heap profiler says who holds memory. It cannot find anything, and "undecided" is all that it
// ever says of a run in which nothing went wrong.
bool has_nothing_to_judge(const Document& document, const Run& run) {
  const auto shows_memory = [](const Site& site) {
    return site.kind == FindingKind::kInUse || site.kind == FindingKind::kReachable;
  };
  const bool load_held =
      run.load.empty() || (run.load_end.kind == EndKind::kExited && run.load_end.code == 0);
  return is_one_of(run.backend, kHeapProfilers) && load_held && is_whole(document, run) &&
         std::ranges::all_of(document.sites, shows_memory);
}

State state_of(const Document& document, const Run& run) {
  switch (document.verdict) {
    case Verdict::kClean:
      return State::kPassed;
    case Verdict::kFound:
      return State::kFailed;
    case Verdict::kFailed:
      break;
    case Verdict::kUndecided:
      return has_nothing_to_judge(document, run) ? State::kNotApplicable : State::kInconclusive;
  }
  // A target that crashes is a failure; a profiler that does not work shows nothing.
  const bool crashed = run.end.kind == EndKind::kSignalled ||
                       (run.end.kind == EndKind::kExited && run.end.code != 0);
  return crashed ? State::kFailed : State::kNotDone;
}

}  // namespace

void add_findings(const Document& document, RunFacts& facts) {
  facts.verdict = state_of(document, facts.run);
  facts.verdict_text = document.verdict_text;
  facts.sites = document.sites;
  facts.warnings.insert(facts.warnings.end(), document.warnings.begin(), document.warnings.end());
  const bool judges = is_one_of(facts.run.backend, kLeakJudges) ||
                      is_one_of(facts.run.backend, kRaceJudges) ||
                      is_one_of(facts.run.backend, kErrorJudges);
  if (const std::string gap = gap_of(document, facts.run); !gap.empty()) {
    facts.warnings.push_back(judges ? fmt::format("findings do not count: {}", gap) : gap);
    return;
  }
  facts.judges_leaks = is_one_of(facts.run.backend, kLeakJudges);
  facts.judges_races = is_one_of(facts.run.backend, kRaceJudges);
  add_counts(document, facts);
}

std::optional<Measure> new_sites(const RunFacts& facts, const std::string& metric,
                                 const std::vector<std::string>* known) {
  static const std::map<std::string, std::pair<std::string, bool (*)(FindingKind)>> kNew = {
      {"leaks.new", {"leaks.sites", is_definite_leak}},
      {"races.new", {"races", is_race}},
      {"memory_errors.new", {"memory_errors", is_memory_error}}};
  const auto asked = kNew.find(metric);
  if (asked == kNew.end()) return std::nullopt;
  const auto all = std::ranges::find(facts.measures, asked->second.first, &Measure::metric);
  if (all == facts.measures.end()) return std::nullopt;
  Measure out = *all;
  out.metric = metric;
  if (known == nullptr && out.value > 0) {
    out.not_applicable = "no baseline was given";
    return out;
  }
  std::set<std::string, std::less<>> before;
  if (known != nullptr) before.insert(known->begin(), known->end());
  std::int64_t fresh = 0;
  for (const Site& site : facts.sites) {
    if (asked->second.second(site.kind) && !before.contains(site.fingerprint)) ++fresh;
  }
  out.basis = fmt::format("{} of {}", fresh, out.basis);
  out.value = static_cast<double>(fresh);
  return out;
}

}  // namespace tidemark::signoff
