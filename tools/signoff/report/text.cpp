#include "tools/signoff/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "lib/base/lines.h"
#include "lib/model/finding.h"
#include "lib/report/amounts.h"
#include "tools/signoff/report/words.h"

namespace tidemark::signoff {
namespace {

using cli::Line;
using cli::Style;

constexpr std::size_t kLeastWidth = 40;
constexpr std::size_t kMostWidth = 160;
constexpr std::size_t kMostFindings = 10;
constexpr std::size_t kMostLines = 4;  // of one sentence
constexpr std::size_t kReserved = 22;  // columns, for the last cell of a row at least

Style style_of(State state) {
  switch (state) {
    case State::kPassed:
      return Style::kGreen;
    case State::kFailed:
      return Style::kRed;
    case State::kInconclusive:
    case State::kNotDone:
      return Style::kAmber;
    case State::kWaived:
      return Style::kBlue;
    default:
      return Style::kDim;
  }
}

struct Cell {
  std::string text;
  Style style = Style::kPlain;
};

class Page {
 public:
  explicit Page(const TextOptions& options)
      : width_(std::clamp(options.width, kLeastWidth, kMostWidth)), look_(options.look) {}

  void line(const std::vector<Cell>& cells) {
    Line out(width_, look_);
    for (const Cell& cell : cells) out.add(cell.text, shown(cell.style));
    end(out);
  }

  // A sentence, wrapped and indented.
  void sentence(std::size_t indent, const std::string& text, Style style = Style::kPlain) {
    for (const std::string& part : cli::wrapped(printable(text), width_ - indent, kMostLines))
      line({{std::string(indent, ' ')}, {part, style}});
  }

  void head(std::string_view title) {
    text_ += "\n";
    line({{std::string(title), Style::kBold}});
  }

  // In columns as wide as the widest cell, and at most as the page has room; the first takes
  // what the others leave. `under` are sentences below a row.
  struct Row {
    std::vector<Cell> cells;
    std::vector<std::string> under;
  };
  void table(const std::vector<Row>& rows, std::size_t flexible) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
      widths.resize(std::max(widths.size(), row.cells.size()), 0);
      for (std::size_t i = 0; i < row.cells.size(); ++i)
        widths[i] = std::max(widths[i], cli::columns_of(printable(row.cells[i].text)));
    }
    if (flexible < widths.size()) {
      // The last column takes what is left to the end of the line.
      const std::size_t reserved = std::min(widths.back(), kReserved);
      std::size_t others = reserved;
      for (std::size_t i = 0; i + 1 < widths.size(); ++i)
        others += (i == flexible ? 0 : widths[i]) + 2;
      const std::size_t room = others + 18 < width_ ? width_ - others - 2 : 16;
      const std::size_t spare = room - std::min(widths[flexible], room);
      widths[flexible] = std::min(widths[flexible], room);
      widths.back() = std::min(widths.back(), reserved + spare);
    }
    for (const Row& row : rows) table_row(row, widths);
  }

  std::string text() && { return std::move(text_); }

 private:
  Style shown(Style style) const { return look_.colour ? style : Style::kPlain; }

  void end(const Line& line) {
    std::string text = line.text();
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + "\n";
  }

  void table_row(const Row& row, const std::vector<std::size_t>& widths) {
    Line out(width_, look_);
    std::size_t column = 2;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      out.to(column);
      out.add(cli::fitted(printable(row.cells[i].text), widths[i]), shown(row.cells[i].style));
      column += widths[i] + 2;
    }
    end(out);
    for (const std::string& text : row.under)
      if (!text.empty()) sentence(6, text, Style::kDim);
  }

  std::size_t width_;
  cli::Look look_;
  std::string text_;
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

void add_verdict(Page& page, const SignoffResult& result) {
  std::string what = result.campaign;
  if (!result.version.empty()) what += (what.empty() ? "" : " ") + result.version;
  page.line({{upper(verdict_of(result)), style_of(result.state)}, {"  "}, {what, Style::kBold}});
  page.sentence(0, result.headline);
  if (!rehearsal_text(result).empty()) page.sentence(0, rehearsal_text(result), Style::kAmber);
  std::string facts;
  for (const auto& [name, value] : facts_of(result)) {
    if (name == "Version" || name == "Readiness") continue;
    facts += fmt::format("{}{}: {}", facts.empty() ? "" : " · ", name, value);
  }
  page.sentence(0, facts, Style::kDim);
  for (const std::string& warning : result.warnings)
    page.sentence(0, "warning: " + warning, Style::kAmber);
}

void add_rules(Page& page, const SignoffResult& result) {
  if (result.rules.empty()) return;
  page.head("Rules");
  std::vector<Page::Row> rows;
  for (const RuleResult* one : worst_first(result.rules)) {
    const RuleResult& rule = *one;
    const bool fine = rule.state == State::kPassed;
    const std::string value = value_text(rule);
    rows.push_back({.cells = {{std::string(name_of(rule.state)), style_of(rule.state)},
                              {rule.rule.text, Style::kBold},
                              {rule.where(), Style::kDim},
                              {value.empty() ? "-" : value}},
                    .under = {fine ? "" : rule.decision.why, more_text(rule), waiver_text(rule)}});
  }
  page.table(rows, 1);
}

void add_phases(Page& page, const SignoffResult& result) {
  if (result.phases.empty()) return;
  page.head("Phases");
  std::vector<Page::Row> rows;
  for (const PhaseResult& phase : result.phases) {
    rows.push_back({.cells = {{std::string(name_of(phase.state)), style_of(phase.state)},
                              {phase.id()},
                              {took_text(phase.started_ms, phase.ended_ms), Style::kDim}},
                    .under = {phase.state == State::kPassed ? "" : phase.why}});
    for (const RunResult& run : phase.runs)
      if (run.superseded)
        rows.back().under.push_back(
            fmt::format("{}: {} ({}), tried again", run_text(run), run.why, name_of(run.state)));
  }
  page.table(rows, 1);
}

Cell status_cell(SiteStatus status) {
  if (status == SiteStatus::kNew) return {"new", Style::kRed};
  return {status == SiteStatus::kKnown ? "known" : "found", Style::kDim};
}

void add_findings(Page& page, const SignoffResult& result) {
  if (result.findings.empty() && result.fixed.empty()) return;
  page.head("Findings");
  std::vector<Page::Row> rows;
  for (std::size_t i = 0; i < std::min(kMostFindings, result.findings.size()); ++i) {
    const FoundSite& found = result.findings[i];
    const std::string& title = found.site.title;
    rows.push_back(
        {.cells = {status_cell(found.site.status),
                   {title.empty() ? std::string(tidemark::name_of(found.site.kind)) : title},
                   {found.phase, Style::kDim}}});
  }
  page.table(rows, 1);
  if (rows.size() < result.findings.size())
    page.line({{fmt::format("  {} more", result.findings.size() - rows.size()), Style::kDim}});
  if (!result.fixed.empty())
    page.line({{fmt::format("  {} of the baseline {} gone", result.fixed.size(),
                            result.fixed.size() == 1 ? "is" : "are"),
                Style::kDim}});
}

}  // namespace

std::string result_text(const SignoffResult& result, const TextOptions& options) {
  Page page(options);
  add_verdict(page, result);
  add_rules(page, result);
  add_phases(page, result);
  add_findings(page, result);
  if (!result.score.rows.empty()) {
    page.head("Readiness: " + score_text(result.score));
    page.sentence(2, score_sum_text(result.score), Style::kDim);
  }
  return std::move(page).text();
}

}  // namespace tidemark::signoff
