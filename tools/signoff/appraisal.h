#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/run/history_db.h"
#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/compare/baseline.h"
#include "tools/signoff/judge/judge.h"
#include "tools/signoff/result.h"
#include "tools/signoff/run/duration.h"

namespace tidemark::signoff {

// What is asked for beside a campaign.
struct AppraisalOptions {
  std::filesystem::path directory;               // the campaign's
  std::string baseline;                          // a directory; "last": of the history; empty
  std::optional<std::filesystem::path> history;  // nothing: none is read or kept
  std::string flavour;
  double scale = 1;
  std::int64_t started_ms = 0;
};

// Judges a campaign's phases with all that is known: its rules, a baseline, former nights. And
// tells the world: reports, the history, alerts.
//
//   Appraisal appraisal(campaign, options);
//   run, with appraisal.judge() of each phase that ended and appraisal.expected();
//   appraisal.conclude(result);  appraisal.publish(result);
class Appraisal {
 public:
  // Reads the baseline and the history. Throws Error, UsageError for a baseline that is none.
  Appraisal(const Campaign& campaign, AppraisalOptions options);

  // Of a phase whose runs have ended.
  void judge(PhaseResult& phase);

  // How long runs take by their history.
  Expected expected() const;

  // Rules, findings, score, state and headline. Phases of the result that have not been judged
  // here, as those of a resumed campaign, are judged now.
  void conclude(SignoffResult& result);

  // signoff.json and the reports, the history, alerts; what fails of it is a warning, since the
  // verdict stands.
  void publish(SignoffResult& result);

 private:
  std::string find_baseline() const;
  void remember(SignoffResult& result) const;
  void tell_changes(const HistoryEntry& entry, SignoffResult& result) const;
  std::optional<budget::Spread> spread(const std::string& phase,
                                       const budget::Measure& measure) const;

  const Campaign& campaign_;
  AppraisalOptions options_;
  std::vector<HistoryEntry> former_;  // the oldest first
  std::optional<Baseline> baseline_;
  std::vector<std::string> warnings_;
  std::optional<Judge> judge_;
  std::vector<std::string> judged_;  // ids
};

}  // namespace tidemark::signoff
