#include "tools/leakwatch/report/night_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/analyze/frames.h"
#include "lib/analyze/names.h"
#include "lib/analyze/sites.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/fate_text.h"
#include "lib/report/growth_text.h"
#include "lib/report/html_parts.h"
#include "lib/report/page.h"
#include "lib/report/survival_chart.h"
#include "lib/report/web_assets.h"
#include "lib/report/words.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/report/night_assets.h"
#include "tools/leakwatch/report/night_chart.h"
#include "tools/leakwatch/report/night_words.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::size_t kMostSites = 20;
constexpr std::size_t kMostFates = 6;
constexpr std::size_t kMostMetrics = 12;

std::string e(std::string_view text) { return markup_text(text); }

std::int64_t whole(double number) { return std::llround(std::clamp(number, -9e18, 9e18)); }

std::string signed_bytes(std::int64_t bytes) { return (bytes > 0 ? "+" : "") + bytes_text(bytes); }

std::string facts_html(const std::vector<Fact>& facts, std::string_view kind) {
  std::string out;
  for (const auto& [name, value] : facts) out += fact(name, value);
  return out.empty() ? "" : fmt::format("<dl class=\"{}\">\n{}</dl>\n", kind, out);
}

// The words of the answer large, its reasons below.
std::string verdict_html(const Night& night) {
  const std::string headline = night.headline();
  const std::size_t cut = headline.find("; ");
  std::string out =
      fmt::format("<section class=\"verdict {0}\"><p class=\"mark\">{1}</p>\n<h1>{2}",
                  code_of(night.exit_code()),
                  night.exit_code() == 3 ? "failed" : verdict::words(night.soak.verdict.answer),
                  e(headline.substr(0, cut)));
  if (cut != std::string::npos)
    out += "<span class=\"more\">" + e(headline.substr(cut + 2)) + "</span>";
  out += fmt::format("</h1>\n<p class=\"command\"><code>{}</code></p>\n",
                     e(command_text(night.soak.run.target)));
  return out + facts_html(verdict_facts(night), "facts") + "</section>\n";
}

std::string warnings_html(const Night& night) {
  const std::vector<std::string> lines = warnings(night);
  if (lines.empty()) return "";
  return R"(<section class="banner" role="note"><h2>To know when reading this</h2>)" +
         list_html(lines) + "</section>\n";
}

std::string parts_html(const Night& night) {
  HtmlTable table{
      .titles = {"Part", "#At the start", "#At the end", "#Change", "#Peak", "What it is"}};
  for (const PartChange& part : part_changes(night)) {
    const auto column = soak::column_named(part.name);
    table.row({std::string(part.name), bytes_text(part.first), bytes_text(part.last),
               signed_bytes(part.last - part.first), bytes_text(part.most),
               column ? std::string(soak::name_of(*column).summary) : ""});
  }
  return table.html();
}

std::string account_html(const Night& night) {
  if (!night.account) return "";
  const AccountSummary& account = *night.account;
  HtmlTable table{.titles = {"What", "#Resident"}};
  for (const auto& [what, bytes] : account.entries) table.row({what, bytes_text(bytes)});
  std::string out = "<p>" + e(account.target) + ": " + e(account.sentence) + "</p>\n";
  if (!account.growth.empty()) out += "<p>" + e(account.growth) + "</p>\n";
  return out + table.html();
}

std::string callers_of(const CallStack& stack) {
  std::string out;
  std::size_t shown = 0;
  for (const std::size_t i : folded(stack)) {
    if (shown++ == 0) continue;  // the site itself
    if (shown > 6) break;
    out += (out.empty() ? "< " : " < ") + plain_function(name_of(stack[i]));
  }
  return out;
}

// The survival curves of the sites that grow or fill, where the lifetimes are known.
std::string fates_html(const GrowthReport& report) {
  std::string out;
  std::size_t shown = 0;
  for (const SiteGrowth& growth : report.sites) {
    const std::string chart = survival_chart(growth.survival);
    if (chart.empty() || shown == kMostFates) continue;
    ++shown;
    out += fmt::format("<li class=\"{}\"><b>{}</b>\n<p>{}</p>\n{}</li>\n", name_of(growth.fate),
                       e(place_text(growth.site.place)), e(fate_text(growth)), chart);
  }
  if (out.empty()) return "";
  return "<h3>How long blocks live</h3>\n<p class=\"note\">The share of the sampled blocks that "
         "reach an age, with its 95 % interval.</p>\n<ul class=\"fates\">\n" +
         out + "</ul>\n";
}

std::string per_request(const SiteGrowth& growth) {
  const auto& rate = growth.bytes_per_million_requests;
  return rate ? estimate_text(whole(rate->value), (rate->high - rate->low) / 2) : "";
}

std::string sites_html(const Night& night) {
  if (!night.sites) return "";
  const GrowthReport& report = *night.sites;
  std::string out = "<p>" + e(growth_sentence(report)) + "</p>\n";
  const bool counted = std::ranges::any_of(report.sites, [](const SiteGrowth& growth) {
    return growth.bytes_per_million_requests.has_value();
  });
  HtmlTable table{.titles = {"Trend", "#Growth an hour"}};
  if (counted) table.titles.emplace_back("#A million requests");
  table.titles.insert(table.titles.end(),
                      {"#In use", "#Share", "Blocks", "Allocated in", "Called by"});
  for (std::size_t i = 0; i < std::min(report.sites.size(), kMostSites); ++i) {
    const SiteGrowth& growth = report.sites[i];
    const double side =
        std::max(growth.high - growth.bytes_per_hour, growth.bytes_per_hour - growth.low);
    std::vector<std::string> cells = {std::string(name_of(growth.trend)),
                                      estimate_text(whole(growth.bytes_per_hour), side)};
    if (counted) cells.push_back(per_request(growth));
    for (std::string& cell : std::vector<std::string>{
             bytes_text(whole(growth.last_bytes)), fmt::format("{:.0f} %", 100 * growth.share),
             growth.survival.steps.empty() ? "" : std::string(words_of(growth.fate)),
             place_text(growth.site.place), callers_of(growth.site.stack)}) {
      cells.push_back(std::move(cell));
    }
    table.row(cells);
  }
  out += table.html();
  if (report.sites.size() > kMostSites) {
    out += fmt::format("<p class=\"note\">{} more are in sites.json.</p>\n",
                       report.sites.size() - kMostSites);
  }
  out += fates_html(report);
  for (const std::string& warning : report.warnings)
    out += "<p class=\"note\">" + e(warning) + "</p>\n";
  return out;
}

std::string processes_html(const Night& night) {
  HtmlTable table{
      .titles = {"#Process", "Name", "#Anonymous", "#Grown", "#Resident", "#CPU", "#Threads"}};
  for (const soak::ProcessNow& process : night.soak.top) {
    table.row({fmt::format("{}", process.pid), process.name, bytes_text(process.anon_bytes),
               signed_bytes(process.grown_bytes), bytes_text(process.rss_bytes),
               duration_text(process.cpu_ms), grouped(process.threads)});
  }
  return table.html();
}

std::string events_html(const Night& night) {
  HtmlTable table{.titles = {"Time", "What", ""}};
  for (const SeriesEvent& event : shown_events(night)) {
    table.row({utc_text(event.at_ms), event.kind, event.text});
  }
  return table.html();
}

// Files, threads, and what the service says of itself.
std::string others_html(const Night& night) {
  std::string out;
  std::size_t shown = 0;
  for (const History::Charted& series : night.history.series()) {
    const bool wanted = series.name == "fds" || series.name == "threads" ||
                        series.name == "processes" || series.name.starts_with(soak::kMetricPrefix);
    const auto moves = [&] {
      const auto& slots = series.envelope.slots();
      return std::ranges::any_of(slots,
                                 [&](const auto& slot) { return slot.high != slots[0].low; });
    };
    if (!wanted || shown == kMostMetrics || !moves()) continue;
    const std::string chart = series_chart(night, series);
    if (chart.empty()) continue;
    ++shown;
    const bool metric = series.name.starts_with(soak::kMetricPrefix);
    out += fmt::format("<div><h3>{}{}</h3>\n{}</div>\n", e(series.name),
                       metric ? " (thousandths)" : "", chart);
  }
  return out.empty() ? "" : "<div class=\"charts\">" + out + "</div>\n";
}

std::string run_html(const Night& night) {
  const Run& run = night.soak.run;
  std::string out = "<dl class=\"facts long\">\n";
  out +=
      fact("Tool", run.tool + " " + run.tool_version) + fact("Command", command_text(run.command));
  out += fact("Target", command_text(run.target)) + fact("Target ended", end_text(run.end));
  out += fact("Started", utc_text(run.started_ms)) + fact("Ended", utc_text(run.ended_ms));
  out += fact("State", std::string(soak::words(night.soak.state)));
  out += fact("Looked every", duration_text(night.soak.settings.every_ms));
  out += fact("Host", run.host) + fact("Kernel", run.kernel) + "</dl>\n";
  HtmlTable files{.titles = {"File", "Format"}};
  for (const RunFile& file : run.files) files.row({file.path, file.format});
  return out + (run.files.empty() ? "" : "<h3>Files</h3>" + files.html());
}

}  // namespace

std::string night_page(std::string_view title, const std::string& main) {
  return filled(kNightHtml, {{"style-hash", base64_of_hex(kReportCssSha256)},
                             {"more-hash", base64_of_hex(kNightCssSha256)},
                             {"script-hash", base64_of_hex(kReportJsSha256)},
                             {"style", std::string(kReportCss)},
                             {"more", std::string(kNightCss)},
                             {"script", std::string(kReportJs)},
                             {"title", e(title)},
                             {"main", main},
                             {"version", TIDEMARK_VERSION}});
}

std::string night_html(const Night& night) {
  const bool leak = night.soak.verdict.answer == verdict::Answer::kLeak;
  std::string out = verdict_html(night) + warnings_html(night);
  const std::string chart = night_chart(night);
  if (!chart.empty()) {
    out += section("evidence", "Memory over the soak",
                   fmt::format("<div{}>{}</div>\n", leak ? " class=\"leak\"" : "", chart));
  }
  out += section("sites", "Allocation sites", sites_html(night));
  out += section("parts", "What the memory is", parts_html(night));
  out += section("account", "Where resident memory is", account_html(night));
  out += section("top", "Largest processes", processes_html(night));
  out += section("events", "What happened", events_html(night));
  out += section("others", "Besides memory", others_html(night));
  out += section("cost", "What watching cost", facts_html(cost_facts(night), "facts long"));
  out += section("run", "The run", run_html(night));
  return night_page(night.headline(), out);
}

}  // namespace tidemark::leakwatch
