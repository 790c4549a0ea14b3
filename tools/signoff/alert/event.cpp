#include "tools/signoff/alert/event.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "lib/base/lines.h"

namespace tidemark::signoff {
namespace {

bool asked_for(const std::vector<std::string>& on, std::string_view name) {
  return std::ranges::find(on, name) != on.end();
}

std::vector<Problem> without(const std::vector<Problem>& all, const std::vector<Problem>& known) {
  std::vector<Problem> rest;
  std::ranges::set_difference(all, known, std::back_inserter(rest));
  return rest;
}

bool left_out(const SignoffResult& result, const Incident& told) {
  return std::ranges::any_of(result.phases, [&](const PhaseResult& phase) {
    return phase.state == State::kSkipped &&
           std::ranges::find(told.problems, printable(phase.id()), &Problem::phase) !=
               told.problems.end();
  });
}

Event passed_event(const SignoffResult& result, const Incident& told,
                   const std::vector<std::string>& on) {
  if (told.open() && left_out(result, told)) {
    return {.name = "passed", .why = "what had a problem was skipped"};
  }
  Event event{.name = told.open() && asked_for(on, "recovered") ? "recovered" : "passed",
              .over = true,
              .gone = told.problems};
  event.tell = asked_for(on, event.name);
  if (!event.tell) event.why = "nobody asks for it";
  return event;
}

}  // namespace

std::vector<Problem> problems_of(const SignoffResult& result) {
  std::set<Problem> all;
  std::set<std::string> explained;
  for (const RuleResult& rule : result.rules) {
    if (rule.state != result.state) continue;
    all.insert({.phase = printable(rule.phase), .rule = printable(rule.rule.id)});
    explained.insert(rule.phase);
  }
  for (const PhaseResult& phase : result.phases) {
    if (phase.state != result.state || explained.contains(phase.id())) continue;
    all.insert({.phase = printable(phase.id())});
  }
  return {all.begin(), all.end()};
}

Event event_of(const SignoffResult& result, const Incident& told,
               const std::vector<std::string>& on) {
  if (result.state == State::kPassed) return passed_event(result, told, on);
  Event event{.name = std::string(name_of(result.state))};
  if (!asked_for(on, event.name)) {
    event.why = "nobody asks for it";
    return event;
  }
  const std::vector<Problem> now = problems_of(result);
  event.added = without(now, told.problems);
  event.gone = without(told.problems, now);
  event.tell = told.state != event.name || !event.added.empty() || !event.gone.empty();
  if (!event.tell) event.why = "it was told before, and nothing has changed";
  return event;
}

}  // namespace tidemark::signoff
