#include <fmt/format.h>

#include "lib/report/escape.h"
#include "tools/signoff/compare/compare_tables.h"
#include "tools/signoff/compare/compare_writers.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostSites = 10;

std::string m(std::string_view text) { return markdown_text(text); }

std::string table_markdown(const CompareTable& table) {
  if (table.rows.empty()) return "";
  std::string out = "|";
  std::string rule = "|";
  for (const std::string_view title : table.titles) {
    const bool number = title.starts_with('#');
    out += fmt::format(" {} |", title.substr(number ? 1 : 0));
    rule += number ? "---:|" : "---|";
  }
  out += "\n" + rule + "\n";
  for (const std::vector<std::string>& row : table.rows) {
    out += "|";
    for (const std::string& cell : row) out += " " + m(cell) + " |";
    out += "\n";
  }
  return out + "\n";
}

std::string pair_markdown(const PairChange& pair) {
  std::string out = "### " + m(pair.id()) + "\n\n";
  for (const Concern& concern : pair.concerns)
    out += "> **Not comparable:** " + m(concern.text) + "\n>\n";
  for (const std::string& death : pair.after_deaths) out += "> **Died:** " + m(death) + "\n>\n";
  for (const std::string& warning : pair.warnings) out += "> " + m(warning) + "\n>\n";
  if (out.ends_with(">\n")) out += "\n";
  out += table_markdown(metrics_table(pair));
  for (const std::string& note : metric_notes(pair)) out += "- " + m(note) + "\n";
  if (!pair.metrics.empty()) out += "\n";
  out += table_markdown(findings_table(pair));
  out += table_markdown(sites_table(pair, kMostSites));
  out += table_markdown(growing_table(pair));
  if (!pair.surroundings.empty())
    out += "<details><summary>What changed around them</summary>\n\n" +
           table_markdown(surroundings_table(pair)) + "</details>\n\n";
  return out;
}

}  // namespace

std::string compare_markdown(const Comparison& comparison) {
  std::string out = "## " + m(headline_of(comparison)) + "\n\n";
  out += fmt::format("Before: {}. After: {}.\n\n", m(comparison.before), m(comparison.after));
  for (const PairChange& pair : comparison.pairs) out += pair_markdown(pair);
  for (const std::string& name : comparison.only_before) out += "- only before: " + m(name) + "\n";
  for (const std::string& name : comparison.only_after) out += "- only after: " + m(name) + "\n";
  for (const std::string& warning : comparison.warnings) out += "- " + m(warning) + "\n";
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace tidemark::signoff
