// One HTML file that needs nothing else: no network, no server, no JavaScript.
// Its frame, style and script are web/report; the script adds sorting, filters
// and hover values to what is already there. A Content-Security-Policy with
// hashes forbids every other script and style, and every request.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "lib/analyze/sites.h"
#include "lib/analyze/top.h"
#include "lib/report/all_reports.h"
#include "lib/report/amounts.h"
#include "lib/report/chart.h"
#include "lib/report/escape.h"
#include "lib/report/heap_totals.h"
#include "lib/report/html_parts.h"
#include "lib/report/html_sites.h"
#include "lib/report/page.h"
#include "lib/report/web_assets.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostProfiles = 8;
constexpr std::size_t kMostFunctions = 15;

std::string e(std::string_view text) { return markup_text(text); }

std::string with_version(const std::string& name, const std::string& version) {
  return version.empty() ? name : name + " " + version;
}

std::string duration_of(const Run& run) {
  if (run.started_ms <= 0 || run.ended_ms < run.started_ms) return "";
  return duration_text(run.ended_ms - run.started_ms);
}

std::string verdict_html(const Document& document) {
  const Run& run = document.run;
  std::string out =
      fmt::format("<section class=\"verdict {0}\"><p class=\"mark\">{0}</p>\n<h1>{1}</h1>\n",
                  code_of(document.verdict), e(document.verdict_text));
  if (!run.target.empty()) {
    out += fmt::format("<p class=\"command\"><code>{}</code></p>\n", e(command_text(run.target)));
  }
  std::string facts = fact("Profiler", with_version(run.backend, run.backend_version));
  facts += fact("Ran for", duration_of(run));
  if (!run.tool.empty()) facts += fact("Target", end_text(run.end));
  if (document.processes.size() > 1)
    facts += fact("Processes", grouped(static_cast<std::int64_t>(document.processes.size())));
  facts += fact("Started", utc_text(run.started_ms));
  facts += fact("Compared with", document.baseline);
  if (!facts.empty()) out += "<dl class=\"facts\">\n" + facts + "</dl>\n";
  return out + "</section>\n";
}

std::string warnings_html(const Document& document) {
  std::string out;
  if (document.partial || !document.warnings.empty()) {
    out += fmt::format(
        R"(<section class="banner" role="note"><h2>{}</h2>)",
        document.partial ? "This report is partial: something is missing from it"
                         : plural(static_cast<std::int64_t>(document.warnings.size()), "warning"));
    if (!document.warnings.empty()) out += list_html(document.warnings);
    out += "</section>\n";
  }
  return out;
}

struct Tile {
  std::int64_t sites = 0;
  std::int64_t bytes = 0;
  std::int64_t count = 0;
};

// A sum that stays at the largest number: the parts come from a file.
void add(std::int64_t& sum, std::int64_t value) {
  if (__builtin_add_overflow(sum, value, &sum)) sum = INT64_MAX;
}

std::string tiles_html(const Document& document) {
  std::map<FindingKind, Tile> tiles;
  for (const Site& site : document.sites) {
    Tile& tile = tiles[site.kind];
    ++tile.sites;
    add(tile.bytes, site.bytes);
    add(tile.count, site.count);
  }
  if (tiles.empty()) return "";
  std::string out = "<ul class=\"tiles\">\n";
  for (const auto& [kind, tile] : tiles) {
    out += fmt::format(
        "<li><a href=\"#findings\" class=\"{0}\" data-kind=\"{0}\"><span>{1}</span><b>{2}</b>"
        "<small>{3}</small></a></li>\n",
        code_of(kind), name_of(kind),
        is_leak(kind) ? bytes_text(tile.bytes) : plural(tile.count, "time"),
        plural(tile.sites, "site"));
  }
  return out + "</ul>\n";
}

// The places that hold most, over time, where a profiler looked more than once.
std::string holders_html(const std::vector<Site>& sites) {
  constexpr std::size_t kMost = 6;
  std::vector<Series> lines;
  for (const Site& site : sites) {
    if (site.kind != FindingKind::kInUse || site.history.size() < 2) continue;
    lines.push_back(
        {.name = place_text(site.place), .unit = "bytes", .at_unit = "ms", .points = site.history});
    if (lines.size() == kMost) break;
  }
  if (lines.empty()) return "";
  const std::string chart = chart_html(lines, "memory in use by place");
  return chart.empty() ? "" : "<h3>memory in use by place</h3>\n" + chart;
}

constexpr std::string_view kToolbar =
    "<div class=\"tools\" hidden>"
    "<label class=\"search\"><span>Filter</span><input id=\"filter\" type=\"search\" "
    "placeholder=\"function, file, kind, …\" autocomplete=\"off\" spellcheck=\"false\"></label>"
    "<label><span>Kind</span><select id=\"kind\"><option value=\"\">all "
    "kinds</option></select></label>"
    "<label id=\"status-label\"><span>Status</span><select id=\"status\">"
    "<option value=\"\">all</option></select></label>"
    "<label class=\"check\"><input id=\"frames\" type=\"checkbox\"> <span>All frames</span></label>"
    "<button id=\"expand\" type=\"button\">Open all</button>"
    "<output id=\"shown\" aria-live=\"polite\"></output></div>\n"
    "<div class=\"columns\" role=\"group\" aria-label=\"Sort by\">"
    "<button type=\"button\" data-sort=\"kind\">Kind</button>"
    "<button type=\"button\" data-sort=\"where\">Where</button>"
    "<button type=\"button\" data-sort=\"bytes\">Bytes</button>"
    "<button type=\"button\" data-sort=\"blocks\">Blocks</button>"
    "<button type=\"button\" data-sort=\"times\">Times</button>"
    "<button type=\"button\" data-sort=\"status\">Status</button></div>\n";

std::string findings_html(const Document& document, const ReportOptions& options) {
  if (document.sites.empty()) {
    return document.verdict == Verdict::kClean
               ? "<p class=\"empty\">Nothing was found.</p>\n"
               : "<p class=\"empty\">Nothing to list here; the verdict above says why.</p>\n";
  }
  return std::string(kToolbar) + sites_html(document.sites, options, "site");
}

std::string rules_html(const Document& document) {
  HtmlTable rules{.titles = {"Rule", "Owner", "Reason", "Expires", "#Sites", "#Bytes", "State"}};
  for (const SuppressionReport& rule : document.suppressions) {
    rules.row({rule.id, rule.owner, rule.reason, rule.expires.empty() ? "never" : rule.expires,
               grouped(rule.sites), bytes_text(rule.bytes),
               rule.expired      ? "expired"
               : rule.sites == 0 ? "unused"
                                 : "used"});
  }
  HtmlTable used{.titles = {"The profiler’s own suppression", "#Times used"}};
  for (const SuppressionUse& use : document.profiler_suppressions) {
    used.row({use.name, grouped(use.count)});
  }
  return rules.html() + used.html();
}

std::string totals_html(const Document& document) {
  HtmlTable table{.titles = {"Memory", "#Bytes", "#Blocks"}};
  for (const HeapTotal& total : heap_totals(document)) {
    table.row({total.kind, total.bytes, total.objects});
  }
  const std::string rows = table.html();
  return rows.empty() ? "" : "<h3>estimates from samples, ± their standard errors</h3>\n" + rows;
}

std::string estimated(std::int64_t value, double error, const std::string& unit) {
  if (unit == "bytes") return estimate_text(value, error);
  return error > 0 && unit == "count" ? count_text(value, error) : value_text(value, unit);
}

std::string profile_html(const Profile& profile, std::size_t value, bool open) {
  if (profile.value_types().empty()) return "";
  const ValueType& type = profile.value_types()[value];
  std::vector<FunctionTotal> functions = top(profile, value);
  if (functions.size() > kMostFunctions) functions.resize(kMostFunctions);
  HtmlTable table{.titles = {"#Self", "#Inclusive", "Function"}};
  for (const FunctionTotal& function : functions) {
    table.row({estimated(function.self, function.self_error, type.unit),
               estimated(function.total, function.total_error, type.unit), function.function});
  }
  std::string title = profile.title.empty() ? "profile" : profile.title;
  if (profile.pid != 0) title += fmt::format(" of {}", profile.pid);
  return fmt::format(
      "<details class=\"profile\"{}><summary>{} <small>{} {}</small></summary>{}</details>\n",
      open ? " open" : "", e(title), value_text(profile.total()[value], type.unit), e(type.name),
      table.html());
}

// The main profile, then the last few of the others.
std::string profiles_html(const Document& document) {
  std::string out = totals_html(document);
  const Profile* const main = main_profile(document);
  if (main == nullptr) return out;
  const std::size_t value = shown_value(*main);
  if (!out.empty()) out += "<h3>by function</h3>\n";
  out += profile_html(*main, value, true);
  if (!document.totals.empty()) {  // a sampled heap: what it is allocated, temporary, at the peak
    for (std::size_t v = 0; v < main->value_types().size(); ++v) {
      const bool space = main->value_types()[v].name.ends_with("_space");
      if (v != value && space) out += profile_html(*main, v, false);
    }
  }
  std::size_t shown = 1;
  for (std::size_t i = document.profiles.size(); i-- > 0 && shown < kMostProfiles;) {
    if (&document.profiles[i] == main) continue;
    out += profile_html(document.profiles[i], shown_value(document.profiles[i]), false);
    ++shown;
  }
  if (shown < document.profiles.size()) {
    out += fmt::format("<p>{} earlier ones are in the run directory.</p>\n",
                       document.profiles.size() - shown);
  }
  return out;
}

std::string processes_html(const Document& document) {
  HtmlTable table{.titles = {"#Process", "#Parent", "Command", "Record"}};
  for (const ProcessRecord& process : document.processes) {
    table.row({fmt::format("{}", process.pid),
               process.parent == 0 ? "" : fmt::format("{}", process.parent), process.command,
               process.finished ? "whole" : "cut off"});
  }
  return table.html();
}

std::string run_html(const Run& run) {
  if (run.tool.empty()) return "";
  std::string out = "<dl class=\"facts long\">\n";
  out += fact("Tool", with_version(run.tool, run.tool_version));
  out += fact("Command", command_text(run.command));
  out += fact("Target", command_text(run.target));
  out += fact("Build id", run.target_build_id);
  out += fact("Profiler", with_version(run.backend, run.backend_version));
  out += fact("Started", utc_text(run.started_ms));
  out += fact("Ended", utc_text(run.ended_ms));
  out += fact("Target ended", end_text(run.end));
  if (!run.load.empty()) {
    out += fact("Load", command_text(run.load)) + fact("Load ended", end_text(run.load_end));
  }
  out += fact("Host", run.host) + fact("Kernel", run.kernel);
  for (const auto& [name, value] : run.environment) out += fact(e(name), value);
  out += "</dl>\n";
  if (!run.notes.empty()) out += "<h3>Notes</h3>" + list_html(run.notes);
  HtmlTable files{.titles = {"File", "Format", "#Process"}};
  for (const RunFile& file : run.files) {
    files.row({file.path, file.format, file.pid == 0 ? "" : fmt::format("{}", file.pid)});
  }
  return out + (run.files.empty() ? "" : "<h3>Files</h3>" + files.html());
}

std::string counted(std::string_view title, const std::vector<Site>& sites) {
  return fmt::format("{} <small>{}</small>", title, sites.size());
}

std::string main_html(const Document& document, const ReportOptions& options) {
  std::string out = verdict_html(document) + warnings_html(document) + tiles_html(document);
  out += section("memory", "Over the run",
                 charts_html(document.series) + holders_html(document.sites));
  out += section("findings", counted("Findings", document.sites), findings_html(document, options));
  if (!document.fixed.empty()) {
    out += section("fixed", counted("Fixed since the baseline", document.fixed),
                   sites_html(document.fixed, options, "fixed"));
  }
  if (!document.suppressed.empty()) {
    out += section("suppressed", counted("Suppressed", document.suppressed),
                   sites_html(document.suppressed, options, "suppressed"));
  }
  out += section("rules", "Suppression rules", rules_html(document));
  out += section("profiles", "Where it went", profiles_html(document));
  out += section("processes", "Processes", processes_html(document));
  return out + section("run", "The run", run_html(document.run));
}

std::string write(const Document& document, const ReportOptions& options) {
  return filled(kReportHtml, {{"style-hash", base64_of_hex(kReportCssSha256)},
                              {"script-hash", base64_of_hex(kReportJsSha256)},
                              {"style", std::string(kReportCss)},
                              {"script", std::string(kReportJs)},
                              {"title", e(document.verdict_text)},
                              {"main", main_html(document, options)},
                              {"version", TIDEMARK_VERSION}});
}

}  // namespace

constinit const ReportFormat kHtmlReport = {
    .name = "html",
    .summary = "one self-contained page, readable without a network",
    .extension = ".html",
    .write = write,
};

}  // namespace tidemark
