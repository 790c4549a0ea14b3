#include "tools/signoff/history/history_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/html_parts.h"
#include "lib/report/page.h"
#include "lib/report/web_assets.h"
#include "tools/signoff/history/history_assets.h"
#include "tools/signoff/history/history_text.h"
#include "tools/signoff/history/line_chart.h"
#include "tools/signoff/page_assets.h"

namespace tidemark::signoff {
namespace {

std::string e(std::string_view text) { return markup_text(text); }

bool changed(const StudiedLine& line) { return !line.changes.empty(); }

std::string verdict_html(const std::vector<StudiedLine>& lines) {
  const bool worse = std::ranges::any_of(lines, &StudiedLine::worse);
  const bool any = std::ranges::any_of(lines, changed);
  const bool few = !lines.empty() && std::ranges::all_of(lines, [](const StudiedLine& line) {
    return line.found.too_few;
  });
  const char* const kind = worse ? "found" : few ? "undecided" : "clean";
  const char* const mark = worse ? "Worse than it was"
                           : any ? "Changed for the better"
                           : few ? "Too few versions"
                                 : "No change";
  std::int64_t first = INT64_MAX;
  std::int64_t last = 0;
  for (const StudiedLine& line : lines) {
    first = std::min(first, line.line.points.front().started_ms);
    last = std::max(last, line.line.points.back().started_ms);
  }
  return fmt::format(
      "<section class=\"verdict {}\"><p class=\"mark\">{}</p>\n<h1>{}</h1>\n"
      "<dl class=\"facts\">\n{}{}</dl>\n</section>\n",
      kind, mark, e(headline_of(lines)), fact("From", utc_text(first).substr(0, 10)),
      fact("To", utc_text(last).substr(0, 10)));
}

std::string changes_html(const std::vector<StudiedLine>& lines) {
  std::string rows;
  for (const StudiedLine& line : lines) {
    for (const HistoryChange& change : line.changes) {
      rows += fmt::format("<tr class=\"{}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                          change.worse ? "worse" : "better", e(title_of(change.line)),
                          e(text_of(change)), e(setting_of(change.line)),
                          utc_text(change.at_ms).substr(0, 10));
    }
  }
  if (rows.empty()) return "";
  return R"(<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Metric</th>)"
         R"(<th scope="col">Change</th><th scope="col">Where</th><th scope="col">Seen</th>)"
         "</tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

// A square for each of the latest nights.
std::string strip_html(const RuleLine& line) {
  constexpr std::size_t kMost = 60;
  std::string out = "<span class=\"strip\">";
  for (std::size_t i = line.nights.size() - std::min(kMost, line.nights.size());
       i < line.nights.size(); ++i) {
    const RuleLine::Night& night = line.nights[i];
    const bool known = night.state == "passed" || night.state == "failed";
    out += fmt::format(R"(<i class="{}" title="{}: {}"></i>)", known ? night.state : "open",
                       e(night.version), e(night.state));
  }
  return out + "</span>";
}

std::string rules_html(const std::vector<RuleLine>& rules) {
  if (rules.empty()) return "";
  std::string rows;
  for (const RuleLine& rule : rules) {
    rows += fmt::format("<tr><td>{}</td><td>{}{}</td><td>{}</td></tr>\n",
                        e(rule.phase + ": " + rule.rule), strip_html(rule), e(summary_of(rule)),
                        e(rule.setting));
  }
  return R"(<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Rule</th>)"
         R"(<th scope="col">The latest nights</th><th scope="col">Where</th></tr></thead><tbody>)"
         "\n" +
         rows + "</tbody></table></div>\n";
}

std::string line_html(const StudiedLine& line) {
  std::string out =
      fmt::format("<article>\n<h3>{} <small>{}</small></h3>\n{}", e(title_of(line.line.key)),
                  e(setting_of(line.line.key)), line_chart(line));
  out += fmt::format("<p class=\"latest\">{}</p>\n", e(latest_text(line)));
  for (const HistoryChange& change : line.changes) {
    out += fmt::format("<p class=\"{}\">{}</p>\n", change.worse ? "worse" : "better",
                       e(text_of(change)));
  }
  for (const std::string& remark : remarks_of(line)) {
    out += fmt::format("<p class=\"note\">{}</p>\n", e(remark));
  }
  return out + "</article>\n";
}

std::string lines_html(const std::vector<StudiedLine>& lines, bool with_changes) {
  std::string out;
  for (const StudiedLine& line : lines) {
    if (changed(line) == with_changes) out += line_html(line);
  }
  if (out.empty()) return "";
  return fmt::format("<div class=\"lines{}\">\n{}</div>\n", with_changes ? "" : " small", out);
}

constexpr std::string_view kLegend =
    R"(<ul class="legend"><li class="s0"><b>measured</b> a dot for each version; around it the )"
    R"(95 % interval</li><li class="level-key"><b>level</b> as found</li>)"
    R"(<li class="change-key"><b>change</b></li></ul>)";

}  // namespace

std::string history_html(const std::vector<StudiedLine>& lines,
                         const std::vector<RuleLine>& rules) {
  std::string main = verdict_html(lines);
  main += section("changes", "What changed", changes_html(lines));
  main += section("rules", "Rules, night after night", rules_html(rules));
  const std::string evidence = lines_html(lines, true);
  if (!evidence.empty()) {
    main += section("evidence", "Metrics that changed", std::string(kLegend) + evidence);
  }
  main += section(evidence.empty() ? "evidence" : "steady", "Metrics that did not",
                  lines_html(lines, false));
  return filled(kNightHtml, {{"style-hash", base64_of_hex(kReportCssSha256)},
                             {"more-hash", base64_of_hex(kHistoryCssSha256)},
                             {"script-hash", base64_of_hex(kReportJsSha256)},
                             {"style", std::string(kReportCss)},
                             {"more", std::string(kHistoryCss)},
                             {"script", std::string(kReportJs)},
                             {"title", e("History: " + headline_of(lines))},
                             {"main", main},
                             {"version", TIDEMARK_VERSION}});
}

}  // namespace tidemark::signoff
