// JUnit XML as CI systems read it: the suite "run" says whether the target was
// watched to its end, and one suite for each kind of finding has a test case a
// site. What counts as found fails; what is known, suppressed or still reachable
// is skipped with its reason. A clean run has a test case that passes.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/verdict.h"
#include "lib/report/all_reports.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

struct Suite {
  std::string name;
  std::string cases;
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
};

std::string details_of(const Site& site) {
  std::string text = e(cost_text(site)) + "\n";
  if (!site.example.message.empty()) text += e(site.example.message) + "\n";
  for (const LabelledStack& stack : site.example.stacks) {
    if (!stack.label.empty()) text += e(stack.label) + "\n";
    for (const Frame& frame : stack.frames) {
      text += fmt::format("    at {} ({})\n", e(name_of(frame)), e(full_place(frame)));
    }
  }
  return text;
}

// The same in every run that has the finding: without numbers that change.
std::string case_name(const Site& site) {
  std::string name = name_of(site.place);
  const Frame without_line = {.file = site.place.file, .module = site.place.module};
  if (!short_place(without_line).empty()) name += " (" + short_place(without_line) + ")";
  return site.fingerprint.empty() ? name : name + " " + site.fingerprint.substr(0, 8);
}

void add_site(Suite& suite, const Site& site) {
  ++suite.tests;
  suite.cases += fmt::format(R"(    <testcase classname="tidemark.{}" name="{}" time="0")",
                             code_of(site.kind), e(case_name(site)));
  if (!site.place.file.empty()) suite.cases += fmt::format(" file=\"{}\"", e(site.place.file));
  if (site.place.line > 0) suite.cases += fmt::format(" line=\"{}\"", site.place.line);
  suite.cases += ">\n";
  if (site.suppressed_by.empty() && counts(site)) {
    ++suite.failures;
    suite.cases += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                               code_of(site.kind), e(site.title), details_of(site));
  } else {
    ++suite.skipped;
    const std::string why = !site.suppressed_by.empty() ? "suppressed by " + site.suppressed_by
                            : site.status == SiteStatus::kKnown ? "known in the baseline"
                                                                : "not a leak by itself";
    suite.cases += fmt::format("      <skipped message=\"{}\"/>\n", e(why + ": " + site.title));
  }
  suite.cases += "    </testcase>\n";
}

Suite run_suite(const Document& document) {
  Suite suite{.name = "run", .tests = 1};
  suite.cases = R"(    <testcase classname="tidemark.run" name="the run is whole" time="0")";
  const bool whole = document.verdict == Verdict::kClean || document.verdict == Verdict::kFound;
  if (whole) {
    suite.cases += "/>\n";
  } else {
    suite.errors = 1;
    suite.cases +=
        fmt::format(">\n      <error type=\"{}\" message=\"{}\">{}\n", code_of(document.verdict),
                    e(document.verdict_text), e(end_text(document.run.end)));
    for (const std::string& warning : document.warnings) suite.cases += e(warning) + "\n";
    suite.cases += "</error>\n    </testcase>\n";
  }
  return suite;
}

std::string attributes(const Suite& suite, std::string_view name) {
  return fmt::format(R"(name="{}" tests="{}" failures="{}" errors="{}" skipped="{}")", e(name),
                     suite.tests, suite.failures, suite.errors, suite.skipped);
}

// What JUnit calls a timestamp has neither zone nor fraction.
std::string timestamp_of(const Run& run) {
  std::string text = utc_text(run.started_ms);
  if (text.empty()) return "";
  text.resize(19);
  text[10] = 'T';
  return fmt::format(" timestamp=\"{}\"", text);
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  std::vector<Suite> suites{run_suite(document)};
  std::map<FindingKind, Suite> kinds;
  for (const Site& site : document.sites) add_site(kinds[site.kind], site);
  for (const Site& site : document.suppressed) add_site(kinds[site.kind], site);
  for (auto& [kind, suite] : kinds) {
    suite.name = name_of(kind);
    suites.push_back(std::move(suite));
  }
  Suite total;
  for (const Suite& suite : suites) {
    total.tests += suite.tests;
    total.failures += suite.failures;
    total.errors += suite.errors;
    total.skipped += suite.skipped;
  }
  const Run& run = document.run;
  // As doubles: the times come from a file, and their difference may not fit.
  const double ms = static_cast<double>(run.ended_ms) - static_cast<double>(run.started_ms);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites {} time=\"{:.3f}\">\n",
                     attributes(total, run.tool.empty() ? "tidemark" : run.tool),
                     std::max(ms, 0.0) / 1000);
  for (const Suite& suite : suites) {
    const std::string name = run.backend.empty() ? suite.name : run.backend + ": " + suite.name;
    out +=
        fmt::format("  <testsuite {} time=\"0\"{}>\n", attributes(suite, name), timestamp_of(run));
    out += suite.cases + "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace

constinit const ReportFormat kJunitReport = {
    .name = "junit",
    .summary = "JUnit XML, for CI systems",
    .extension = ".xml",
    .write = write,
};

}  // namespace tidemark
