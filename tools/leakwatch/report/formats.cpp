#include "tools/leakwatch/report/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/base/lines.h"
#include "lib/cli/tool.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/growth_text.h"
#include "lib/report/json_writer.h"
#include "lib/report/words.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/report/night_html.h"
#include "tools/leakwatch/report/night_words.h"
#include "tools/leakwatch/report/nights_html.h"
#include "tools/leakwatch/serve/soak_json.h"

namespace tidemark::leakwatch {
namespace {

std::string answer_of(const Night& night) {
  return night.failure().empty() ? std::string(verdict::words(night.soak.verdict.answer))
                                 : "failed";
}

std::string size_of(const Night& night) {
  const auto& slots = night.memory.slots();
  return slots.empty() ? "" : bytes_text(slots.back().high);
}

std::string_view mark_of(Change change) {
  switch (change) {
    case Change::kWorse:
      return "REGRESSION";
    case Change::kBetter:
      return "better";
    case Change::kSame:
      return "same";
    case Change::kFirst:
      break;
  }
  return "";
}

// Text, for a terminal.

std::string one_text(const Night& night) {
  std::string out = printable(night.headline()) + "\n\n";
  for (const std::string& line : warnings(night)) out += "  ! " + printable(line) + "\n";
  const auto add = [&](const std::vector<Fact>& facts) {
    for (const auto& [name, value] : facts) {
      out += fmt::format("  {:<26} {}\n", name, printable(value));
    }
  };
  add(verdict_facts(night));
  out += "\n";
  for (const PartChange& part : part_changes(night)) {
    out += fmt::format("  {:<26} {} -> {}, peak {}\n", part.name, bytes_text(part.first),
                       bytes_text(part.last), bytes_text(part.most));
  }
  if (night.sites) out += "\n" + growth_text(*night.sites, {}) + "\n";
  out += "\n  what watching cost\n";
  add(cost_facts(night));
  return out;
}

std::string nights_text(const Nights& nights) {
  std::string out = nights.headline() + "\n\n";
  out += fmt::format("  {:<20}  {:<16}  {:<24}  {:>10}  {:<10}  {}\n", "started (UTC)", "verdict",
                     "growth in 24 h", "size", "change", "soak");
  for (const ComparedNight& one : nights.all) {
    // "±" is two bytes and one column.
    out += fmt::format("  {:<20}  {:<16}  {:<24}  {:>10}  {:<10}  {}\n",
                       utc_text(one.night.soak.started_ms).substr(0, 16), answer_of(one.night),
                       growth_words(one.night), size_of(one.night), mark_of(one.change),
                       printable(one.night.soak.name));
  }
  for (const ComparedNight& one : nights.all) {
    if (one.change != Change::kWorse) continue;
    out += fmt::format("\n  {}: {}\n", printable(one.night.soak.name), printable(one.text));
  }
  for (const std::string& problem : nights.problems) out += "\n  ! " + printable(problem) + "\n";
  return out;
}

// Markdown, for a comment.

std::string m(std::string_view text) { return markdown_text(text); }

std::string_view sign_of(int exit_code) {
  return exit_code == cli::kOk ? "🟢" : exit_code == cli::kUndecided ? "🟡" : "🔴";
}

std::string markdown(const Nights& nights) {
  std::string out = fmt::format("### {} {}\n\n", sign_of(nights.exit_code()), m(nights.headline()));
  for (const std::string& problem : nights.problems) out += "> " + m(problem) + "\n";
  if (nights.all.size() == 1) {
    const Night& night = nights.all[0].night;
    for (const std::string& line : warnings(night)) out += "> " + m(line) + "\n";
    out += "\n| | |\n|---|---|\n";
    out += fmt::format("| Target | <code>{}</code> |\n", m(command_text(night.soak.run.target)));
    for (const auto& [name, value] : verdict_facts(night)) {
      out += fmt::format("| {} | {} |\n", name, m(value));
    }
    if (night.sites) out += "\n" + m(growth_sentence(*night.sites)) + "\n";
    return out;
  }
  out += "\n| Started | Verdict | Growth in 24 h | Size at the end | Change | Soak |\n";
  out += "|---|---|---:|---:|---|---|\n";
  for (const ComparedNight& one : nights.all) {
    out += fmt::format(
        "| {} | {} {} | {} | {} | {} | {} |\n", utc_text(one.night.soak.started_ms),
        sign_of(one.night.exit_code()), answer_of(one.night), growth_words(one.night),
        size_of(one.night),
        one.change == Change::kWorse ? "**regression**: " + m(one.text) : m(mark_of(one.change)),
        m(one.night.soak.name));
  }
  return out;
}

// JUnit: a suite for each soak. What nobody could decide is an error: CI must not take
// it for a pass.

std::string e(std::string_view text) { return markup_text(text); }

struct Case {
  std::string name;
  std::string_view kind;  // "failure" or "error"; empty: it passed
  std::string message;
};

std::vector<Case> cases_of(const ComparedNight& one) {
  const Night& night = one.night;
  std::vector<Case> out;
  const std::string failure = night.failure();
  out.push_back({"the target ran", failure.empty() ? "" : "error", failure});
  if (failure.empty()) {
    const verdict::Answer answer = night.soak.verdict.answer;
    out.push_back({"memory does not leak",
                   answer == verdict::Answer::kLeak        ? "failure"
                   : answer == verdict::Answer::kNotEnough ? "error"
                                                           : "",
                   night.soak.verdict.text});
  }
  for (const std::string& limit : night.limits()) {
    out.push_back({"a limit holds", "failure", limit});
  }
  if (one.change != Change::kFirst) {
    out.push_back(
        {"no worse than before", one.change == Change::kWorse ? "failure" : "", one.text});
  }
  return out;
}

std::string junit_suite(const ComparedNight& one) {
  const std::vector<Case> cases = cases_of(one);
  const soak::Soak& soak = one.night.soak;
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(soak.now_ms - soak.started_ms, 0)) / 1000;
  std::string started = utc_text(soak.started_ms).substr(0, 19);
  if (started.size() == 19) started[10] = 'T';
  std::string out = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" "
      "time=\"{:.3f}\" timestamp=\"{}\">\n",
      e(soak.name), cases.size(), std::ranges::count(cases, "failure", &Case::kind),
      std::ranges::count(cases, "error", &Case::kind), seconds, started);
  for (const Case& test : cases) {
    out += fmt::format(R"(    <testcase classname="leakwatch.{}" name="{}" time="0")", e(soak.name),
                       test.name);
    if (test.kind.empty()) {
      out += "/>\n";
    } else {
      out += fmt::format(">\n      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n    </testcase>\n",
                         test.kind, answer_of(one.night), e(test.message), e(soak.target));
    }
  }
  return out + "  </testsuite>\n";
}

std::string junit(const Nights& nights) {
  std::string suites;
  std::size_t tests = 0;
  std::ptrdiff_t failures = 0;
  std::ptrdiff_t errors = 0;
  for (const ComparedNight& one : nights.all) {
    const std::vector<Case> cases = cases_of(one);
    tests += cases.size();
    failures += std::ranges::count(cases, "failure", &Case::kind);
    errors += std::ranges::count(cases, "error", &Case::kind);
    suites += junit_suite(one);
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"leakwatch\" "
             "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n",
             tests, failures, errors) +
         suites + "</testsuites>\n";
}

// JSON, for programs: docs/leakwatch.md.

std::string json(const Nights& nights) {
  std::string soaks;
  for (const ComparedNight& one : nights.all) {
    JsonWriter about;
    about.open('{').key("exit_code").number(std::int64_t{one.night.exit_code()});
    about.key("headline").text(one.night.headline()).key("failure").text(one.night.failure());
    about.key("limits_exceeded").open('[');
    for (const std::string& limit : one.night.limits()) about.text(limit);
    about.close().key("change").text(mark_of(one.change)).key("compared").text(one.text);
    about.key("against").text(one.before ? nights.all[*one.before].night.soak.name : "").close();
    std::string text = about.out();
    text.pop_back();  // the soak goes in before the brace
    soaks += (soaks.empty() ? "\n  " : ",\n  ") + text + ",\"soak\":" +
             soak_json({.id = one.night.soak.name,
                        .directory = one.night.soak.directory,
                        .soak = one.night.soak}) +
             "}";
  }
  JsonWriter problems;
  problems.open('[');
  for (const std::string& problem : nights.problems) problems.text(problem);
  problems.close();
  JsonWriter headline;
  headline.open('[').text(nights.headline()).close();
  const std::string& quoted = headline.out();
  return fmt::format(
      "{{\"schema\":\"tidemark.soaks/1\",\"exit_code\":{},\n \"headline\":{},\n "
      "\"problems\":{},\n \"soaks\":[{}]}}\n",
      nights.exit_code(), quoted.substr(1, quoted.size() - 2), problems.out(), soaks);
}

}  // namespace

std::string written(const Nights& nights, std::string_view format) {
  const bool single = nights.all.size() == 1 && nights.problems.empty();
  if (format == "html") return single ? night_html(nights.all[0].night) : nights_html(nights);
  if (format == "json") return json(nights);
  if (format == "junit") return junit(nights);
  if (format == "markdown") return markdown(nights);
  return single ? one_text(nights.all[0].night) : nights_text(nights);
}

}  // namespace tidemark::leakwatch
