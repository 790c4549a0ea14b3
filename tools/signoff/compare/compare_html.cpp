// The page of a comparison: the verdict, what makes it void, then run by run the numbers with
// their intervals as a forest plot, findings, sites, the flame graph, and what changed around.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <vector>

#include "lib/base/base64.h"
#include "lib/report/escape.h"
#include "lib/report/html_parts.h"
#include "lib/report/page.h"
#include "lib/report/web_assets.h"
#include "tools/signoff/compare/compare_assets.h"
#include "tools/signoff/compare/compare_tables.h"
#include "tools/signoff/compare/compare_writers.h"
#include "tools/signoff/page_assets.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostSites = 100;

std::string e(std::string_view text) { return markup_text(text); }

// Of the verdict's box, in the classes of report.css.
std::string_view class_of_verdict(Change verdict) {
  if (verdict == Change::kWorse) return "found";
  return verdict == Change::kBetter || verdict == Change::kSame ? "clean" : "undecided";
}

std::string_view class_of(std::string_view word) {
  if (word == "worse" || word == "new") return "worse";
  if (word == "better" || word == "fixed") return "better";
  if (word == "cannot tell") return "unsure";
  return word == "not judged" ? "unjudged" : "quiet";
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string verdict_html(const Comparison& comparison) {
  const Change verdict = verdict_of(comparison);
  std::string facts = fact("Before", comparison.before) + fact("After", comparison.after);
  for (const Change change :
       {Change::kWorse, Change::kBetter, Change::kSame, Change::kUnsure, Change::kNotJudged}) {
    const std::size_t count = count_of(comparison, change);
    if (count > 0)
      facts += fact(fmt::format("Metrics {}", name_of(change)), fmt::format("{}", count));
  }
  return fmt::format(
      "<section class=\"verdict {}\"><p class=\"mark\">{}</p>\n<h1>{}</h1>\n"
      "<dl class=\"facts\">\n{}</dl>\n</section>\n",
      class_of_verdict(verdict), e(name_of(verdict)), e(upper_first(headline_of(comparison))),
      facts);
}

std::string banner(std::string_view kind, std::string_view title,
                   const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  return fmt::format("<section class=\"banner {}\" role=\"note\"><h2>{}</h2>{}</section>\n", kind,
                     title, list_html(lines));
}

std::string unmatched_html(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const std::string& name : comparison.only_before) lines.push_back("only before: " + name);
  for (const std::string& name : comparison.only_after) lines.push_back("only after: " + name);
  lines.insert(lines.end(), comparison.warnings.begin(), comparison.warnings.end());
  return banner("", "To know when reading this", lines);
}

// The interval of a change in a field of +-10 %, or as wide as the widest of the pair.
struct Forest {
  double reach = 0.1;
  double same = 0.01;

  double x(double share) const { return 66 + std::clamp(share / reach, -1.0, 1.0) * 60; }

  std::string svg(const MetricChange& metric) const {
    const Contrast& contrast = metric.contrast;
    if (!contrast.relative || metric.change == Change::kNotJudged) return "";
    const double low = *contrast.relative_low;
    const double high = *contrast.relative_high;
    std::string out =
        R"(<svg class="forest" viewBox="0 0 132 22" aria-hidden="true">)" +
        fmt::format(R"(<rect class="same" x="{:.1f}" y="3" width="{:.1f}" height="16"/>)", x(-same),
                    x(same) - x(-same)) +
        R"(<line class="zero" x1="66" x2="66" y1="1" y2="21"/>)" +
        fmt::format(R"(<line x1="{:.1f}" x2="{:.1f}" y1="11" y2="11"/>)", x(low), x(high));
    if (low < -reach) out += R"(<path d="M1 11l6-4v8z"/>)";
    if (high > reach) out += R"(<path d="M131 11l-6-4v8z"/>)";
    return out +
           fmt::format(R"(<circle cx="{:.1f}" cy="11" r="3.5"/></svg>)", x(*contrast.relative));
  }
};

// The reach that shows most intervals of the pair whole.
Forest forest_of(const PairChange& pair, double same) {
  std::vector<double> ends;
  for (const MetricChange& metric : pair.metrics) {
    if (!metric.contrast.relative || metric.change == Change::kNotJudged) continue;
    ends.push_back(std::max(std::abs(*metric.contrast.relative_low),
                            std::abs(*metric.contrast.relative_high)));
  }
  std::ranges::sort(ends);
  Forest forest{.same = same};
  const double most = ends.empty() ? 0 : ends[ends.size() * 4 / 5];
  for (const double reach : {0.02, 0.05, 0.1, 0.2, 0.5, 1.0}) {
    forest.reach = reach;
    if (most <= reach) break;
  }
  return forest;
}

std::string titles_html(const std::vector<std::string>& titles) {
  std::string out = R"(<div class="scroll changes" tabindex="0"><table><thead><tr>)";
  for (const std::string& title : titles) {
    const bool number = title.starts_with('#');
    out += fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"num\"" : "",
                       e(std::string_view(title).substr(number ? 1 : 0)));
  }
  return out + "</tr></thead><tbody>\n";
}

std::string cell(std::string_view title, const std::string& text) {
  std::string_view kind;
  if (title.starts_with('#')) kind = " class=\"num\"";
  if (title == "Function" || title == "Metric") kind = " class=\"mono\"";
  if (title == "Effect") kind = " class=\"words\"";
  if (title == "Called by" || title == "Finding") kind = " class=\"long\"";
  return fmt::format("<td{}>{}</td>", kind, e(text));
}

// A table whose rows are coloured by their first cell.
std::string changes_html(const CompareTable& table) {
  if (table.rows.empty()) return "";
  std::string out = titles_html({table.titles.begin(), table.titles.end()});
  for (const std::vector<std::string>& row : table.rows) {
    out += fmt::format("<tr class=\"{}\">", class_of(row[0]));
    for (std::size_t i = 0; i < row.size(); ++i) out += cell(table.titles[i], row[i]);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

// The same for metrics, with their intervals drawn after the change.
std::string metrics_html(const PairChange& pair, double same) {
  const CompareTable table = metrics_table(pair);
  if (table.rows.empty()) return "";
  constexpr std::size_t kPlotAfter = 4;
  const Forest forest = forest_of(pair, same);
  std::vector<std::string> titles(table.titles.begin(), table.titles.end());
  titles.insert(titles.begin() + kPlotAfter + 1, fmt::format("±{:g} %", forest.reach * 100));
  std::string out = titles_html(titles);
  for (std::size_t n = 0; n < table.rows.size(); ++n) {
    const std::vector<std::string>& row = table.rows[n];
    out += fmt::format("<tr class=\"{}\">", class_of(row[0]));
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += cell(table.titles[i], row[i]);
      if (i == kPlotAfter) out += "<td class=\"field\">" + forest.svg(pair.metrics[n]) + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n<ul class=\"note\">";
  for (const std::string& note : metric_notes(pair)) out += "<li>" + e(note) + "</li>";
  return out + "</ul>\n";
}

std::string titled(std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format("<h3>{}</h3>\n{}", title, body);
}

std::string sites_html(const PairChange& pair) {
  if (pair.sites_compared == 0) return "";
  std::string out = "<p>" + e(sites_note(pair)) + "</p>\n";
  return out + changes_html(sites_table(pair, kMostSites));
}

std::string flame_html_of(const PairChange& pair) {
  if (pair.flame_svg.empty()) return "";
  const std::string picture =
      fmt::format(R"(<img src="data:image/svg+xml;base64,{}" alt="Differential flame graph">)",
                  base64(pair.flame_svg));
  if (pair.flame_file.empty()) return "<p class=\"flame\">" + picture + "</p>\n";
  const std::string name = std::filesystem::path(pair.flame_file).filename().string();
  return fmt::format(
      "<p>Red holds more than before, blue less. <a href=\"{0}\">Open it</a> to zoom and search."
      "</p>\n<a class=\"flame\" href=\"{0}\">{1}</a>\n",
      e(uri_of(name)), picture);
}

std::string around_html(const PairChange& pair) {
  HtmlTable table{.titles = {"What", "Before", "After"}};
  for (const Surrounding& one : pair.surroundings)
    table.row(
        {one.name, one.before.empty() ? "—" : one.before, one.after.empty() ? "—" : one.after});
  const std::string html = table.html();
  return html.empty() ? "" : "<div class=\"around\">" + html + "</div>\n";
}

std::string pair_html(const PairChange& pair, double same, std::size_t number) {
  std::vector<std::string> concerns;
  for (const Concern& concern : pair.concerns) concerns.push_back(concern.text);
  std::string body = "<div class=\"pair\">" + banner("loud", "Not comparable", concerns) +
                     banner("died", "The target died", pair.after_deaths) +
                     banner("", "To know when reading this", pair.warnings) + "</div>\n";
  body += "<dl class=\"facts long\">" + fact("Before", directories_text(pair.before_directories)) +
          fact("After", directories_text(pair.after_directories)) + "</dl>\n";
  body += titled("Metrics", metrics_html(pair, same));
  body += titled("Findings", changes_html(findings_table(pair)));
  body += titled("Memory in use, by allocation site", sites_html(pair));
  body += titled("Allocation sites that grow", changes_html(growing_table(pair)));
  body += titled("Differential flame graph", flame_html_of(pair));
  body += titled("What changed around them", around_html(pair));
  return section(number == 1 ? "evidence" : fmt::format("run-{}", number), e(pair.id()), body);
}

}  // namespace

std::string compare_html(const Comparison& comparison) {
  std::string main = verdict_html(comparison) + unmatched_html(comparison);
  std::size_t number = 0;
  for (const PairChange& pair : comparison.pairs)
    main += pair_html(pair, comparison.same, ++number);
  return filled(kNightHtml, {{"style-hash", base64_of_hex(kReportCssSha256)},
                             {"more-hash", base64_of_hex(kCompareCssSha256)},
                             {"script-hash", base64_of_hex(kReportJsSha256)},
                             {"style", std::string(kReportCss)},
                             {"more", std::string(kCompareCss)},
                             {"script", std::string(kReportJs)},
                             {"title", e(headline_of(comparison))},
                             {"main", main},
                             {"version", TIDEMARK_VERSION}});
}

}  // namespace tidemark::signoff
