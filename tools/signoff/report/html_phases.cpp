#include "tools/signoff/report/html_phases.h"

#include <fmt/format.h>

#include <string_view>

#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"
#include "tools/signoff/report/html_words.h"
#include "tools/signoff/report/timeline.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

std::string links(const RunResult& run, const ReportFiles& files) {
  if (run.directory.empty()) return "";
  std::string out;
  if (const auto pages = files.pages.find(run.directory); pages != files.pages.end())
    for (const std::string& page : pages->second)
      out += "<span>" + link_html(files.base, run.directory + "/" + page, page) + "</span>";
  return out + "<span>" + link_html(files.base, run.directory, "files") + "</span>";
}

std::string exit_text(const RunResult& run) {
  if (run.started_ms <= 0) return "not started";
  return run.exit_code < 0 ? "did not end" : fmt::format("{}", run.exit_code);
}

std::string run_row(const RunResult& run, const ReportFiles& files) {
  std::string said = run.why.empty() ? "" : "<p>" + e(run.why) + "</p>";
  if (run.superseded) said += "<p class=\"again\">tried again; a later attempt counts</p>";
  if (!run.command.empty())
    said += fmt::format(
        "<details class=\"extra\"><summary>Command</summary><pre tabindex=\"0\">{}"
        "</pre></details>",
        e(command_text(run.command)));
  return fmt::format(
      "<tr class=\"{}\"><th scope=\"row\">{}<small>{}</small></th><td data-head=\"State\">{}</td>"
      "<td class=\"num\" data-head=\"Exit code\">{}</td><td class=\"num\" "
      "data-head=\"Took\">{}</td>"
      "<td class=\"said\">{}</td><td class=\"evidence\" data-head=\"Its own\">{}</td></tr>\n",
      run.superseded ? "superseded" : class_of(run.state), e(run_text(run)),
      run.name == run.tool ? "" : e(run.tool), state_html(run.state), exit_text(run),
      took_text(run.started_ms, run.ended_ms), said, links(run, files));
}

std::string runs_html(const PhaseResult& phase, const ReportFiles& files) {
  if (phase.runs.empty()) return "";
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"runs\"><thead><tr>"
      "<th scope=\"col\">Run</th><th scope=\"col\">State</th><th scope=\"col\" class=\"num\">Exit "
      "code</th><th scope=\"col\" class=\"num\">Took</th><th scope=\"col\">What it came to</th>"
      "<th scope=\"col\">Its own</th></tr></thead><tbody>\n";
  for (const RunResult& run : phase.runs) out += run_row(run, files);
  return out + "</tbody></table></div>\n";
}

std::string flames_html(const PhaseResult& phase, const ReportFiles& files) {
  const auto flames = files.flames.find(phase.id());
  if (flames == files.flames.end()) return "";
  std::string out;
  for (const FlamePicture& flame : flames->second)
    out += fmt::format("<figure class=\"chart\"><figcaption>{}</figcaption>\n{}</figure>\n",
                       e(flame.title), flame.svg);
  return out;
}

std::string phase_html(const SignoffResult& result, const PhaseResult& phase,
                       const ReportFiles& files) {
  std::string out =
      fmt::format(R"(<section class="phase {}" id="{}"><h3>{} {})", class_of(phase.state),
                  phase_anchor(result, phase.id()),
                  e(phase.title.empty() ? phase.id() : phase.title), state_html(phase.state));
  if (!phase.title.empty()) out += fmt::format(" <small>{}</small>", e(phase.id()));
  out += "</h3>\n";
  if (!phase.why.empty()) out += "<p class=\"reason\">" + e(phase.why) + "</p>\n";
  return out + runs_html(phase, files) + charts_html(phase.charts, ChartSize::kSmall) +
         flames_html(phase, files) + "</section>\n";
}

}  // namespace

std::string phases_html(const SignoffResult& result, const ReportFiles& files) {
  std::string out = timeline_html(result);
  for (const PhaseResult& phase : result.phases) out += phase_html(result, phase, files);
  return out;
}

}  // namespace tidemark::signoff
