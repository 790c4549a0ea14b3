#include "tools/pressure/report/load_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/html_parts.h"
#include "lib/report/page.h"
#include "lib/report/web_assets.h"
#include "tools/pressure/report/load_assets.h"
#include "tools/pressure/report/load_charts.h"
#include "tools/pressure/report/load_tables.h"
#include "tools/pressure/report/load_words.h"

namespace tidemark::pressure {
namespace {

using State = load::LimitResult::State;

std::string e(std::string_view text) { return markup_text(text); }

std::string verdict_html(const LoadRun& run) {
  const load::RunResult& result = run.result;
  std::string out = fmt::format(
      "<section class=\"verdict {}\"><p class=\"mark\">{}</p>\n<h1>{}</h1>\n"
      "<p class=\"command\"><code>{} → {}</code></p>\n",
      class_of(result.ending), mark_of(result.ending), e(headline(result)), e(result.scenario),
      e(result.target));
  std::string facts;
  for (const auto& [name, value] : facts_of(result)) facts += fact(name, value);
  return out + "<dl class=\"facts\">\n" + facts + "</dl>\n</section>\n";
}

std::string warnings_html(const LoadRun& run) {
  std::vector<std::string> lines = run.result.warnings;
  std::ranges::copy(run.notes, std::back_inserter(lines));
  if (!run.result.under.empty())
    lines.push_back(
        fmt::format("the target ran under {}: limits on latency do not apply", run.result.under));
  if (lines.empty()) return "";
  return R"(<section class="banner" role="note"><h2>To know when reading this</h2>)" +
         list_html(lines) + "</section>\n";
}

std::string limits_html(const load::RunResult& result) {
  if (result.limits.empty()) return "";
  std::string out =
      R"(<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Verdict</th>)"
      R"(<th scope="col">Limit</th><th scope="col">Measured</th><th scope="col"></th></tr></thead><tbody>)";
  for (const load::LimitResult& limit : result.limits) {
    const char* const kind = limit.state == State::kPassed    ? "passed"
                             : limit.state == State::kCrossed ? "crossed"
                                                              : "open";
    out += fmt::format("<tr class=\"{}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", kind,
                       name_of(limit.state), e(limit.limit.text), e(measured_text(limit)),
                       e(limit.why));
  }
  return out + "</tbody></table></div>\n";
}

std::string table_html(const TextTable& table) {
  HtmlTable out;
  out.titles.assign(table.titles.begin(), table.titles.end());
  for (const std::vector<std::string>& row : table.rows) out.row(row);
  return out.html();
}

std::string labels_html(const load::RunResult& result) {
  std::string out;
  for (const TextTable& table : label_tables(result))
    out += fmt::format("<h3>{}</h3>\n", e(table.name)) + table_html(table);
  return out;
}

std::string ladder_html(const load::RunResult& result) {
  if (!result.scalability) return "";
  return "<p>" + e(scalability_text(*result.scalability)) + "</p>\n" +
         ladder_chart(*result.scalability) + table_html(ladder_table(*result.scalability));
}

std::string run_html(const load::RunResult& result) {
  std::string out = "<dl class=\"facts long\">\n";
  out += fact("Scenario", result.scenario) + fact("Target", result.target);
  out += fact("Seed", fmt::format("{}", result.seed));
  out += fact("Started", utc_text(result.start_ms)) + fact("Ended", utc_text(result.end_ms));
  return out + "</dl>\n";
}

}  // namespace

std::string load_html(const LoadRun& run) {
  const load::RunResult& result = run.result;
  std::string main = verdict_html(run) + warnings_html(run);
  main += section("limits", "Limits", limits_html(result));
  main += section("evidence", "Over time", time_chart(run));
  main += section("percentiles", "Latency by percentile", percentile_chart(result));
  main += section("ladder", "Scaling", ladder_html(result));
  main += section("labels", "Requests", labels_html(result));
  main += section("errors", "Failures", table_html(failures_table(result)));
  main += section("stages", "Stages", table_html(stages_table(result)));
  main += section("faults", "Faults", table_html(faults_table(result)));
  main += section("run", "The run", run_html(result));
  std::map<std::string_view, std::string> parts;
  parts["style-hash"] = base64_of_hex(kReportCssSha256);
  parts["more-hash"] = base64_of_hex(kLoadCssSha256);
  parts["script-hash"] = base64_of_hex(kReportJsSha256);
  parts["style"] = kReportCss;
  parts["more"] = kLoadCss;
  parts["script"] = kReportJs;
  parts["title"] = e(headline(result));
  parts["main"] = std::move(main);
  parts["version"] = TIDEMARK_VERSION;
  return filled(kNightHtml, parts);
}

}  // namespace tidemark::pressure
