#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/budget/rule.h"
#include "lib/budget/score.h"
#include "lib/run/history_db.h"
#include "tools/signoff/compare/baseline.h"
#include "tools/signoff/facts/run_facts.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// What phases are held against.
struct Standard {
  std::vector<budget::Rule> rules;
  std::vector<budget::Waiver> waivers;
  double confidence = 0.95;
  double scale = 0;  // at which the phases ran; 0: not known
  budget::Bands bands;
  std::string today;                            // "2026-11-22": waivers end by it
  std::string sole_target;                      // of a campaign with one: its phases do not name it
  std::map<std::string, std::string> flavours;  // of each target, as PhaseResult::target has it
  std::filesystem::path directory;              // the campaign's, to which runs are relative
  const Baseline* baseline = nullptr;           // null: none was given
  // How much a measure differs from night to night; empty: nobody knows.
  std::function<std::optional<budget::Spread>(const std::string& phase, const budget::Measure&)>
      spread;
  std::function<RunFacts(const std::filesystem::path&)> facts = read_run_facts;
};

// Reads what the runs of phases left, and decides the rules.
//
//   Judge judge(standard);  judge.phase(phase)...;  judge.finish(result);
//
// A rule that names phases must be measured in each of them; one that names none, or has a glob,
// in at least one phase. Where several runs of a phase measure the same, each is judged by itself.
class Judge {
 public:
  explicit Judge(Standard standard) : standard_(std::move(standard)) {}

  // Sets state, reason, points and charts of a phase whose runs have ended. Again for one that
  // was judged before: then it counts anew. `verdicts` are the names of those runs whose own
  // verdict counts; of others only what counts_always().
  void phase(PhaseResult& phase, const std::set<std::string>& verdicts);

  // Fills in rules, findings, score, environment, warnings, state and headline.
  void finish(SignoffResult& result) const;

  // All that was measured, for the history.
  std::vector<HistoryMeasure> measures() const;

 private:
  struct Judged {
    std::string id;
    std::string target;
    std::vector<RunResult> runs;  // those that count
    std::vector<RunFacts> facts;  // of the same, where there are any
    std::vector<RuleResult> rules;
  };

  void read(const PhaseResult& phase, Judged& judged) const;
  void decide(const budget::Rule& rule, Judged& judged) const;
  RuleResult decided(const budget::Rule& rule, const Judged& judged,
                     const std::vector<const RunFacts*>& facts, const std::string& run) const;
  void doubt(const Baseline& baseline, bool lacks_it, RuleResult& result) const;
  std::string other_target(const Judged& judged, std::size_t run) const;
  static void explain(const Judged& judged, RuleResult& result);
  void waive(RuleResult& result) const;
  bool was_decided(const budget::Rule& rule, const std::string& phase) const;
  std::vector<RuleResult> unmeasured(const SignoffResult& result) const;
  void find(SignoffResult& result) const;
  std::string with_target(const std::string& phase) const;
  bool is_for(const budget::Rule& rule, const std::string& phase, const std::string& target) const;
  std::optional<std::vector<std::string>> known_in(const std::string& phase,
                                                   const RunFacts& like) const;
  void find_in(const Judged& judged, std::vector<FoundSite>& findings) const;
  static bool repeats(const Judged& judged, const BaselineRun& former);
  void find_fixed(SignoffResult& result) const;

  Standard standard_;
  std::map<std::string, Judged> judged_;  // by the phase's id
};

// The worst of states: failed, not done, inconclusive, passed or waived; skipped and not
// applicable ones say nothing.
State worse(State a, State b);

// Whether what a run came to counts though nobody asks for its tool's verdict: it was not done, or
// its target died under the load.
bool counts_always(const RunResult& run);

// Sets the result's state, score and headline from its phases and rules.
void conclude(SignoffResult& result, const budget::Bands& bands);

}  // namespace tidemark::signoff
