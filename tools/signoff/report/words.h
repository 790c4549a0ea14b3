#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// How the reports of a campaign say it. The texts hold what files and people wrote: each
// writer escapes them for its language.

std::string_view symbol_of(State state);  // "✓"
std::string_view class_of(State state);   // of a style sheet: "not-done"

// The verdict for people: "Passed", "Not done", "Failed (rehearsal)"; "Not finished" for a
// campaign that goes on or was cut off.
std::string verdict_of(const SignoffResult& result);

// "Rehearsal at 1 % of the scale: ..."; empty at full scale.
std::string rehearsal_text(const SignoffResult& result);

// What a reader wants to know first, by name: version, baseline, date, duration, score.
std::vector<std::pair<std::string_view, std::string>> facts_of(const SignoffResult& result);

// "54.1 of 100, not ready", and how it came about in one sentence.
std::string score_text(const Score& score);
std::string score_sum_text(const Score& score);

bool is_measured(const RuleResult& rule);
std::string value_text(const RuleResult& rule);   // "231 ms ± 8.6 ms"; empty: not measured
std::string limit_text(const RuleResult& rule);   // "< 200 ms"
std::string margin_text(const RuleResult& rule);  // "7.7 standard errors beyond"
std::string more_text(const RuleResult& rule);    // "6 more runs would probably decide"; or empty

// "waived by anna until 2027-01-31: ...", "the waiver of bob expired on ..."; empty: none.
std::string waiver_text(const RuleResult& rule);

// How long something took; empty when it never ran or has not ended.
std::string took_text(std::int64_t started_ms, std::int64_t ended_ms);

// "memcheck, run 2, attempt 2".
std::string run_text(const RunResult& run);

// "2 failed, 1 inconclusive, 3 passed": what the rules came to, the worst first.
std::string tally_text(const std::vector<RuleResult>& rules);

// From the worst to what says least. They point into `rules`.
std::vector<const RuleResult*> worst_first(const std::vector<RuleResult>& rules);
int rank_of(State state);  // 0: the worst

// A place in a file as "budgets.toml:12:9" tells it; line and column are 0 where it does not.
struct Place {
  std::string file;
  std::int64_t line = 0;
  std::int64_t column = 0;
};
Place place_of(std::string_view text);

}  // namespace tidemark::signoff
