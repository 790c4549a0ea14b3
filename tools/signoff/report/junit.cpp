// How a state stands in JUnit XML (docs/formats/signoff.md): failed is a <failure>; what is not
// done or inconclusive is an <error>, for nothing was found yet nothing is assured; waived,
// skipped and not applicable are <skipped> with the reason. When the exit code is 0 all the
// same, an <error> would show red what is not: it is <skipped> then. The suite of the verdict
// makes sure of the other direction.

#include "tools/signoff/report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/report/escape.h"
#include "lib/report/words.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

struct Case {
  std::string group;  // classname
  std::string name;
  State state = State::kPassed;
  std::string message;
  std::vector<std::string> details;  // lines
  std::string file;
  std::int64_t ms = 0;
};

std::string lines_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    if (!line.empty()) out += e(line) + "\n";
  return out;
}

class Suite {
 public:
  Suite(std::string name, bool red) : name_(std::move(name)), red_(red) {}

  void add(const Case& one) {
    ++tests_;
    cases_ += fmt::format(R"(    <testcase classname="{}" name="{}" time="{}.{:03}")", e(one.group),
                          e(one.name), one.ms / 1000, one.ms % 1000);
    if (!one.file.empty()) cases_ += fmt::format(" file=\"{}\"", e(one.file));
    const std::string_view element = element_of(one.state);
    if (element.empty()) {
      cases_ += "/>\n";
      return;
    }
    cases_ += fmt::format(
        ">\n      <{0} {1}message=\"{2}\">{3}</{0}>\n    </testcase>\n", element,
        element == "skipped" ? "" : fmt::format("type=\"{}\" ", signoff::class_of(one.state)),
        e(one.message), lines_of(one.details));
  }

  std::string xml(std::int64_t ms) const {
    return fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{}.{:03}\">\n{}  </testsuite>\n",
        e(name_), tests_, failures_, errors_, skipped_, ms / 1000, ms % 1000, cases_);
  }

  int tests() const { return tests_; }
  int failures() const { return failures_; }
  int errors() const { return errors_; }

 private:
  std::string_view element_of(State state) {
    if (state == State::kPassed) return "";
    const bool bad =
        state == State::kFailed || state == State::kNotDone || state == State::kInconclusive;
    if (!bad || !red_) return ++skipped_, "skipped";
    return state == State::kFailed ? (++failures_, "failure") : (++errors_, "error");
  }

  std::string name_;
  bool red_;
  std::string cases_;
  int tests_ = 0;
  int failures_ = 0;
  int errors_ = 0;
  int skipped_ = 0;
};

std::int64_t length(std::int64_t started_ms, std::int64_t ended_ms) {
  return started_ms <= 0 || ended_ms < started_ms ? 0 : ended_ms - started_ms;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts)
    if (!part.empty()) out += (out.empty() ? "" : std::string(between)) + part;
  return out;
}

Case case_of(const RuleResult& rule) {
  Case out{.group = "signoff.rules",
           .name = rule.run.empty() ? rule.rule.id : rule.rule.id + " (" + rule.run + ")",
           .state = rule.state,
           .file = place_of(rule.rule.place).file};
  out.message = joined(
      {std::string(name_of(rule.state)), value_text(rule), rule.decision.why, waiver_text(rule)},
      ": ");
  std::vector<std::string> lines = {"rule: " + rule.rule.text, more_text(rule)};
  if (!limit_text(rule).empty()) lines.push_back("limit: " + limit_text(rule));
  if (!margin_text(rule).empty()) lines.push_back("margin: " + margin_text(rule));
  if (!rule.rule.owner.empty()) lines.push_back("owner: " + rule.rule.owner);
  if (!rule.rule.place.empty()) lines.push_back("written at: " + rule.rule.place);
  for (const std::string& file : rule.evidence) lines.push_back("evidence: " + file);
  out.details = std::move(lines);
  return out;
}

// What a run of a tool came to; an attempt that another replaced is shown and does not count.
Case case_of(const RunResult& run) {
  Case out{.group = "signoff.runs",
           .name = run_text(run),
           .state = run.superseded ? State::kSkipped : run.state,
           .message = joined({std::string(name_of(run.state)), run.why}, ": "),
           .details = {command_text(run.command), run.directory},
           .ms = length(run.started_ms, run.ended_ms)};
  if (run.superseded) out.message += " (tried again)";
  return out;
}

Suite suite_of(const SignoffResult& result, const PhaseResult& phase) {
  Suite suite(phase.id(), result.exit_code() != 0);
  suite.add(
      {.group = "signoff.phases",
       .name = phase.title.empty() ? phase.name : phase.title,
       // What failed in it has a case of its own.
       .state = phase.runs.empty() || phase.state == State::kSkipped ? phase.state : State::kPassed,
       .message = joined({std::string(name_of(phase.state)), phase.why}, ": "),
       .ms = length(phase.started_ms, phase.ended_ms)});
  for (const RunResult& run : phase.runs) suite.add(case_of(run));
  for (const RuleResult& rule : result.rules)
    if (rule.phase == phase.id()) suite.add(case_of(rule));
  return suite;
}

// Rules of phases that there are not: nothing measured them.
Suite unmeasured(const SignoffResult& result) {
  Suite suite("rules that no phase measured", result.exit_code() != 0);
  for (const RuleResult& rule : result.rules) {
    const bool known = std::ranges::any_of(
        result.phases, [&](const PhaseResult& phase) { return phase.id() == rule.phase; });
    if (!known) suite.add(case_of(rule));
  }
  return suite;
}

Suite verdict(const SignoffResult& result) {
  Suite suite("verdict", true);
  State state = result.state;
  if (result.exit_code() == 0)
    state = State::kPassed;
  else if (state != State::kFailed && state != State::kInconclusive)
    state = State::kNotDone;
  suite.add(
      {.group = "signoff",
       .name = result.campaign.empty() ? "campaign" : result.campaign,
       .state = state,
       .message = joined({verdict_of(result), result.headline, rehearsal_text(result)}, ": ")});
  return suite;
}

}  // namespace

std::string result_junit(const SignoffResult& result) {
  std::vector<std::pair<Suite, std::int64_t>> suites;
  suites.emplace_back(verdict(result), 0);
  for (const PhaseResult& phase : result.phases)
    suites.emplace_back(suite_of(result, phase), length(phase.started_ms, phase.ended_ms));
  if (Suite rest = unmeasured(result); rest.tests() > 0) suites.emplace_back(std::move(rest), 0);
  int tests = 0;
  int failures = 0;
  int errors = 0;
  std::string body;
  for (const auto& [suite, ms] : suites) {
    tests += suite.tests();
    failures += suite.failures();
    errors += suite.errors();
    body += suite.xml(ms);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}</testsuites>\n",
      e(result.campaign), tests, failures, errors, body);
}

}  // namespace tidemark::signoff
