#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/signoff/campaign/campaign.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// Why a campaign is not passed: a rule in a phase, or the phase itself. Printable texts.
struct Problem {
  std::string phase;
  std::string rule;  // its id; empty: the phase

  friend auto operator<=>(const Problem&, const Problem&) = default;
};

// What makes `result` what it is: the rules and phases in the state of the whole, sorted. A rule
// that is inconclusive where others fail is none of them: it comes and goes from night to night.
std::vector<Problem> problems_of(const SignoffResult& result);

// What somebody was told last of a campaign that was not passed, and is not yet over.
struct Incident {
  std::string id;                 // the same until it is over
  std::string state;              // "failed"; empty: there is none
  std::int64_t since_ms = 0;      // when it was told of first
  std::int64_t told_ms = 0;       // and last
  std::vector<Problem> problems;  // as of then

  bool open() const { return !state.empty(); }
};

// What to do about a result where an Incident may be open.
struct Event {
  std::string name;            // "failed", "inconclusive", "not done", "passed", "recovered"
  bool tell = false;           // else nothing is sent
  std::string why;             // nothing is
  bool over = false;           // the incident is, once it is told (or at once when it is not to be)
  std::vector<Problem> added;  // since the incident was told of last
  std::vector<Problem> gone;
};

// Tells of a problem once, and again when its state or its problems have changed. One that passes
// ends an incident, unless a phase that had a problem was skipped.
Event event_of(const SignoffResult& result, const Incident& told,
               const std::vector<std::string>& on);

}  // namespace tidemark::signoff
