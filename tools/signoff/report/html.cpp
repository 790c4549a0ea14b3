#include "tools/signoff/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/html_parts.h"
#include "lib/report/html_sites.h"
#include "lib/report/page.h"
#include "lib/report/web_assets.h"
#include "tools/signoff/page_assets.h"
#include "tools/signoff/report/html_phases.h"
#include "tools/signoff/report/html_rules.h"
#include "tools/signoff/report/html_words.h"
#include "tools/signoff/report/signoff_assets.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostSites = 20;  // of one run

std::string e(std::string_view text) { return markup_text(text); }

std::string verdict_html(const SignoffResult& result) {
  std::string out =
      fmt::format("<section class=\"verdict {}\"><p class=\"mark\">{}{}</p>\n<h1>{}</h1>\n",
                  class_of(result.state), sign_html(result.state), verdict_of(result),
                  e(result.headline.empty() ? result.campaign : result.headline));
  out += fmt::format("<p class=\"command\">{}{}</p>\n",
                     result.campaign.empty() ? "" : "<b>" + e(result.campaign) + "</b> ",
                     result.file.empty() ? "" : "<code>" + e(result.file) + "</code>");
  if (!rehearsal_text(result).empty())
    out += "<p class=\"rehearsal\">" + e(rehearsal_text(result)) + ".</p>\n";
  out += open_rules_html(result);
  std::string facts;
  for (const auto& [name, value] : facts_of(result)) facts += fact(name, value);
  return out + "<dl class=\"facts\">\n" + facts + "</dl>\n</section>\n";
}

std::string warnings_html(const SignoffResult& result) {
  if (result.warnings.empty()) return "";
  return R"(<section class="banner" role="note"><h2>To know when reading this</h2>)" +
         list_html(result.warnings) + "</section>\n";
}

// Weight times points of each row, and what that makes.
std::string score_html(const Score& score) {
  if (score.rows.empty()) return "";
  HtmlTable table{.titles = {"Phase", "#Weight", "#Points", "#Weight × points"}};
  double weights = 0;
  double sum = 0;
  for (const Score::Row& row : score.rows) {
    weights += row.weight;
    sum += row.weight * row.points;
    table.row({row.what, fmt::format("{:g}", row.weight), fmt::format("{:.3g}", row.points),
               fmt::format("{:.3g}", row.weight * row.points)});
  }
  std::string out = "<p><b>" + e(score_text(score)) + "</b>. " + e(score_sum_text(score)) +
                    ". The score overrules no rule.</p>\n" + table.html();
  if (weights > 0)
    out += fmt::format("<p class=\"note\">{:.4g} of {:.4g}: {:.1f} points of 100{}</p>\n", sum,
                       weights, 100 * sum / weights,
                       score.cap.empty() ? "." : fmt::format(", then {:g}.", score.points));
  return out;
}

// Sites by the run that found them, in the order in which the runs come.
std::string sites_by_run(const std::vector<FoundSite>& found, SiteStatus status,
                         const ReportFiles& files, const std::string& prefix) {
  struct Group {
    const FoundSite* first;
    std::vector<Site> sites;
    std::size_t left_out = 0;
  };
  std::vector<Group> groups;
  for (const FoundSite& one : found) {
    if (one.site.status != status) continue;
    auto group = std::ranges::find_if(groups, [&](const Group& other) {
      return other.first->phase == one.phase && other.first->directory == one.directory;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {.first = &one});
    if (group->sites.size() < kMostSites) {
      group->sites.push_back(one.site);
    } else {
      ++group->left_out;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Group& group = groups[i];
    out += fmt::format("<h3>{} <small>{}</small></h3>\n", e(group.first->phase),
                       group.first->directory.empty()
                           ? ""
                           : link_html(files.base, group.first->directory, group.first->directory));
    out += sites_html(group.sites, {}, fmt::format("{}-{}", prefix, i + 1));
    if (group.left_out > 0)
      out += fmt::format("<p class=\"note\">{} more are in that run’s own report.</p>\n",
                         group.left_out);
  }
  return out;
}

std::string findings_html(const SignoffResult& result, const ReportFiles& files) {
  struct Part {
    SiteStatus status;
    std::string_view id;
    std::string_view title;
  };
  std::string out;
  for (const Part& part : {Part{SiteStatus::kNew, "new", "New findings"},
                           Part{SiteStatus::kUnjudged, "found", "Findings"},
                           Part{SiteStatus::kKnown, "known", "Known findings"},
                           Part{SiteStatus::kFixed, "fixed", "Fixed since the baseline"}}) {
    const std::vector<FoundSite>& found =
        part.status == SiteStatus::kFixed ? result.fixed : result.findings;
    const auto count = std::ranges::count(found, part.status,
                                          [](const FoundSite& one) { return one.site.status; });
    out += section(part.id, fmt::format("{} <small>{}</small>", part.title, count),
                   sites_by_run(found, part.status, files, std::string(part.id)));
  }
  return out;
}

std::string environment_html(const SignoffResult& result) {
  std::string facts;
  for (const auto& [name, value] : result.environment) facts += fact(e(name), value);
  return facts.empty() ? "" : "<dl class=\"facts long\">\n" + facts + "</dl>\n";
}

std::string main_html(const SignoffResult& result, const ReportFiles& files) {
  std::string out = verdict_html(result) + warnings_html(result);
  const std::string rules = rules_html(result, files);
  out += section("evidence", "Rules",
                 rules.empty() ? "<p class=\"empty\">No rule was asked.</p>\n" : rules);
  out += section("phases", "Phases", phases_html(result, files));
  out += findings_html(result, files);
  out += section("score", "Readiness", score_html(result.score));
  return out + section("environment", "Environment", environment_html(result));
}

}  // namespace

std::string result_html(const SignoffResult& result, const ReportFiles& files) {
  const std::string title =
      fmt::format("{}: {} {}", verdict_of(result), result.campaign, result.version);
  return filled(kNightHtml, {{"style-hash", base64_of_hex(kReportCssSha256)},
                             {"more-hash", base64_of_hex(kSignoffCssSha256)},
                             {"script-hash", base64_of_hex(kReportJsSha256)},
                             {"style", std::string(kReportCss)},
                             {"more", std::string(kSignoffCss)},
                             {"script", std::string(kReportJs)},
                             {"title", e(title)},
                             {"main", main_html(result, files)},
                             {"version", TIDEMARK_VERSION}});
}

}  // namespace tidemark::signoff
