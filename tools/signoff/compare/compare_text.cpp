// A comparison for a terminal: the verdict first, then run by run what is loud, then the numbers.
//
//   WORSE  rss.peak rises by 3.1 %, with 2 other metrics; 1 finding new
//   before old (3 runs)
//   after  new (3 runs)
//
//   memprof memcheck
//     NOT COMPARABLE: different hosts, so times are not comparable: ci-4 and ci-5
//
//     Verdict  Metric    Before               After  ...
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "tools/signoff/compare/compare_tables.h"
#include "tools/signoff/compare/compare_writers.h"

namespace tidemark::signoff {
namespace {

constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kGreen = "\x1b[1;32m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::size_t kMostSites = 20;
constexpr std::size_t kWidestCell = 100;

std::string painted(std::string_view text, std::string_view colour, bool wanted) {
  if (!wanted || colour.empty()) return std::string(text);
  return std::string(colour) + std::string(text) + "\x1b[0m";
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & '\xC0') != '\x80'; }));
}

// Cut to what a column may take, control characters shown as escapes.
std::string cell_text(std::string_view text) {
  std::string shown = printable(text);
  if (columns(shown) <= kWidestCell) return shown;
  std::size_t end = 0;
  for (std::size_t used = 0; end < shown.size(); ++end)
    if ((shown[end] & '\xC0') != '\x80' && ++used == kWidestCell) break;
  return shown.substr(0, end) + "…";
}

std::string_view colour_of(std::string_view word) {
  if (word == "worse" || word == "new") return kRed;
  if (word == "better" || word == "fixed") return kGreen;
  return word == "cannot tell" || word == "not judged" ? kYellow : std::string_view();
}

using Cells = std::vector<std::string>;

// The titles, then the rows, as they are shown.
std::vector<Cells> cells_of(const CompareTable& table) {
  std::vector<Cells> lines(1);
  for (const std::string_view title : table.titles)
    lines[0].emplace_back(title.substr(title.starts_with('#') ? 1 : 0));
  for (const Cells& row : table.rows) {
    Cells line;
    std::ranges::transform(row, std::back_inserter(line), cell_text);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::size_t> widths_of(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const Cells& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], columns(line[i]));
  return widths;
}

std::string table_text(const CompareTable& table, bool colour) {
  if (table.rows.empty()) return "";
  const std::vector<Cells> lines = cells_of(table);
  const std::vector<std::size_t> widths = widths_of(lines);
  std::string out;
  for (const Cells& line : lines) {
    const bool is_row = &line != &lines.front();
    std::string text = "  ";
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string pad(widths[i] - columns(line[i]), ' ');
      const bool coloured = colour && is_row && i == 0;
      const std::string cell = painted(line[i], colour_of(line[i]), coloured);
      text += table.titles[i].starts_with('#') ? pad + cell : cell + pad;
      text += "  ";
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
  return out + "\n";
}

std::string concerns_text(const PairChange& pair, bool colour) {
  std::string out;
  for (const Concern& concern : pair.concerns)
    out +=
        "  " + painted("NOT COMPARABLE", kYellow, colour) + "  " + printable(concern.text) + "\n";
  for (const std::string& death : pair.after_deaths)
    out += "  " + painted("DIED", kRed, colour) + "  " + printable(death) + "\n";
  for (const std::string& warning : pair.warnings) out += "  warning: " + printable(warning) + "\n";
  return out.empty() ? out : out + "\n";
}

std::string sites_text(const PairChange& pair, bool colour) {
  std::string out;
  if (pair.sites_compared > 0) {
    out += "  memory in use: " + sites_note(pair) + "\n";
    out += table_text(sites_table(pair, kMostSites), colour);
    if (pair.sites.empty()) out += "\n";
  }
  if (!pair.growing.empty())
    out += "  allocation sites that grow\n" + table_text(growing_table(pair), colour);
  return out;
}

std::string pair_text(const PairChange& pair, bool colour) {
  std::string out = painted(printable(pair.id()), kBold, colour) + "\n";
  out += "  before  " + printable(directories_text(pair.before_directories)) + "\n";
  out += "  after   " + printable(directories_text(pair.after_directories)) + "\n\n";
  out += concerns_text(pair, colour);
  out += table_text(metrics_table(pair), colour);
  for (const std::string& note : metric_notes(pair)) out += "  " + printable(note) + "\n";
  if (!pair.metrics.empty()) out += "\n";
  out += table_text(findings_table(pair), colour);
  out += sites_text(pair, colour);
  if (!pair.surroundings.empty())
    out += "  what changed around them\n" + table_text(surroundings_table(pair), colour);
  if (!pair.flame_file.empty())
    out += "  differential flame graph: " + printable(pair.flame_file) + "\n\n";
  return out;
}

std::string_view headline_colour(Change verdict) {
  if (verdict == Change::kWorse) return kRed;
  return verdict == Change::kBetter || verdict == Change::kSame ? kGreen : kYellow;
}

}  // namespace

std::string compare_text(const Comparison& comparison, bool colour) {
  const Change verdict = verdict_of(comparison);
  std::string out =
      painted(printable(headline_of(comparison)), headline_colour(verdict), colour) + "\n\n";
  for (const PairChange& pair : comparison.pairs) out += pair_text(pair, colour);
  for (const std::string& name : comparison.only_before)
    out += "only before: " + printable(name) + "\n";
  for (const std::string& name : comparison.only_after)
    out += "only after: " + printable(name) + "\n";
  for (const std::string& warning : comparison.warnings)
    out += "warning: " + printable(warning) + "\n";
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace tidemark::signoff
