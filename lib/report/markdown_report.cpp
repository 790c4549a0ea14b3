// Markdown for a comment on a pull request: the verdict, a table of the worst,
// the stacks of the first few behind <details>. About 60 lines at most, whatever
// was found.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/all_reports.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

constexpr std::size_t kMostRows = 15;
constexpr std::size_t kMostWarnings = 4;
constexpr std::size_t kMostStacks = 2;
constexpr std::size_t kMostFrames = 8;
constexpr std::size_t kLongest = 300;  // bytes of one text from a file

std::string shortened(std::string_view text) {
  return text.size() <= kLongest ? std::string(text) : std::string(text.substr(0, kLongest)) + "…";
}

std::string m(std::string_view text) { return markdown_text(shortened(text)); }

std::string code(std::string_view text) {
  return text.empty() ? "" : "<code>" + m(text) + "</code>";
}

std::string_view sign_of(Verdict verdict) {
  if (verdict == Verdict::kClean) return "🟢 Clean";
  if (verdict == Verdict::kFound) return "🔴 Found";
  return verdict == Verdict::kFailed ? "🔴 Failed" : "🟡 Undecided";
}

std::string warnings_of(const Document& document) {
  std::string out;
  if (document.partial) out += "> **Partial:** something is missing from these results\n";
  const std::size_t shown = std::min(kMostWarnings, document.warnings.size());
  for (std::size_t i = 0; i < shown; ++i) out += "> " + m(document.warnings[i]) + "\n";
  if (shown < document.warnings.size()) {
    out +=
        fmt::format("> and {} more\n",
                    plural(static_cast<std::int64_t>(document.warnings.size() - shown), "warning"));
  }
  return out.empty() ? "" : "\n" + out;
}

std::string row_of(const Site& site) {
  const bool leak = is_leak(site.kind);
  return fmt::format("| {} | {} {} | {} | {} | {} | {} |\n", name_of(site.kind),
                     code(name_of(site.place)), m(short_place(site.place)),
                     leak ? estimate_text(site.bytes, site.bytes_error) : "",
                     leak ? grouped(site.blocks) : "", grouped(site.count),
                     site.status == SiteStatus::kUnjudged ? "" : code_of(site.status));
}

std::string stack_of(const Site& site, bool all_frames) {
  if (site.example.stacks.empty()) return "";
  const CallStack& stack = site.example.stacks[0].frames;
  const std::vector<StackLine> lines = stack_lines(stack, all_frames);
  std::string out;
  for (std::size_t i = 0; i < std::min(kMostFrames, lines.size()); ++i) {
    const StackLine& line = lines[i];
    if (line.folded) {
      out += fmt::format("... {}\n", plural(static_cast<std::int64_t>(line.count), "frame"));
      continue;
    }
    const Frame& frame = stack[line.first];
    out += fmt::format("#{} {}  {}\n", line.first, markup_text(shortened(name_of(frame))),
                       markup_text(shortened(short_place(frame))));
  }
  if (lines.size() > kMostFrames) out += fmt::format("... {} more\n", lines.size() - kMostFrames);
  if (out.empty()) return "";
  return fmt::format("\n<details><summary>{}</summary>\n\n<pre>\n{}</pre>\n</details>\n",
                     markup_text(shortened(site.title)), out);
}

std::string table_of(const Document& document, const ReportOptions& options) {
  if (document.sites.empty()) return "";
  const std::size_t most = options.most == 0 ? kMostRows : std::min(kMostRows, options.most);
  const std::size_t shown = std::min(most, document.sites.size());
  std::string out =
      "\n| kind | where | bytes | blocks | times | status |\n"
      "|---|---|--:|--:|--:|---|\n";
  for (std::size_t i = 0; i < shown; ++i) out += row_of(document.sites[i]);
  if (shown < document.sites.size())
    out += fmt::format("\n{} more.\n", document.sites.size() - shown);
  for (std::size_t i = 0; i < std::min(kMostStacks, shown); ++i) {
    out += stack_of(document.sites[i], options.all_frames);
  }
  return out;
}

std::string write(const Document& document, const ReportOptions& options) {
  const Run& run = document.run;
  std::string out =
      fmt::format("### {}: {}\n", sign_of(document.verdict), m(document.verdict_text));
  if (!run.tool.empty()) {
    out += fmt::format("\n{} {} on {}, {}\n", m(run.backend), m(run.backend_version),
                       code(command_text(run.target)), m(end_text(run.end)));
  }
  out += warnings_of(document) + table_of(document, options);
  std::vector<std::string> rest;
  if (!document.fixed.empty()) {
    rest.push_back(
        fmt::format("{} fixed since {}", document.fixed.size(), code(document.baseline)));
  }
  if (!document.suppressed.empty()) {
    rest.push_back(fmt::format("{} suppressed", document.suppressed.size()));
  }
  const auto expired = std::ranges::count(document.suppressions, true, &SuppressionReport::expired);
  if (expired > 0) rest.push_back(plural(expired, "suppression") + " expired");
  if (!rest.empty()) out += fmt::format("\n{}\n", fmt::join(rest, ", "));
  return out;
}

}  // namespace

constinit const ReportFormat kMarkdownReport = {
    .name = "markdown",
    .summary = "short, for a comment on a pull request",
    .extension = ".md",
    .write = write,
};

}  // namespace tidemark
