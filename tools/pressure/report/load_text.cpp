#include "tools/pressure/report/load_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lib/base/lines.h"
#include "lib/cli/line.h"
#include "lib/report/amounts.h"
#include "lib/report/escape.h"
#include "tools/pressure/report/load_tables.h"
#include "tools/pressure/report/load_words.h"

namespace tidemark::pressure {
namespace {

using State = load::LimitResult::State;

bool is_number(std::string_view title) { return title.starts_with('#'); }

std::string_view plain_title(std::string_view title) {
  return is_number(title) ? title.substr(1) : title;
}

// In columns, numbers to the right.
std::string aligned(const TextTable& table) {
  std::vector<std::vector<std::string>> rows(1);
  for (const std::string_view title : table.titles) rows[0].emplace_back(plain_title(title));
  for (const std::vector<std::string>& row : table.rows) {
    rows.emplace_back();
    for (const std::string& cell : row) rows.back().push_back(printable(cell));
  }
  std::vector<std::size_t> widths(table.titles.size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], cli::columns_of(row[i]));
  std::string out;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - cli::columns_of(row[i]), ' ');
      line += " " + (is_number(table.titles[i]) ? space + row[i] : row[i] + space) + " ";
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::vector<TextTable> tables_of(const load::RunResult& result) {
  std::vector<TextTable> out = {limits_table(result)};
  for (TextTable& table : label_tables(result)) out.push_back(std::move(table));
  out.push_back(failures_table(result));
  out.push_back(stages_table(result));
  out.push_back(faults_table(result));
  if (result.scalability) out.push_back(ladder_table(*result.scalability));
  std::erase_if(out, [](const TextTable& table) { return table.rows.empty(); });
  return out;
}

std::vector<std::string> warnings_of(const LoadRun& run) {
  std::vector<std::string> out = run.result.warnings;
  out.insert(out.end(), run.notes.begin(), run.notes.end());
  return out;
}

std::string markdown_table(const TextTable& table) {
  std::string head = "|";
  std::string rule = "|";
  for (const std::string_view title : table.titles) {
    head += fmt::format(" {} |", plain_title(title));
    rule += is_number(title) ? "---:|" : "---|";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const std::vector<std::string>& row : table.rows) {
    out += "|";
    for (const std::string& cell : row) out += " " + markdown_text(cell) + " |";
    out += "\n";
  }
  return out;
}

}  // namespace

std::string load_text(const LoadRun& run) {
  const load::RunResult& result = run.result;
  std::string out =
      fmt::format("{}: {}\n{} → {}\n", mark_of(result.ending), printable(headline(result)),
                  printable(result.scenario), printable(result.target));
  for (const std::string& warning : warnings_of(run)) out += "note: " + printable(warning) + "\n";
  for (const TextTable& table : tables_of(result))
    out += "\n" + printable(table.name) + "\n" + aligned(table);
  if (result.scalability) out += "\n" + scalability_text(*result.scalability) + "\n";
  return out;
}

std::string load_markdown(const LoadRun& run) {
  const load::RunResult& result = run.result;
  std::string out =
      fmt::format("## {}: {}\n\n{} → {}\n", mark_of(result.ending), markdown_text(headline(result)),
                  markdown_text(result.scenario), markdown_text(result.target));
  for (const std::string& warning : warnings_of(run)) out += "\n- " + markdown_text(warning);
  if (!warnings_of(run).empty()) out += "\n";
  for (const TextTable& table : tables_of(result))
    out += "\n### " + markdown_text(table.name) + "\n\n" + markdown_table(table);
  if (result.scalability) out += "\n" + markdown_text(scalability_text(*result.scalability)) + "\n";
  return out;
}

std::string load_junit(const LoadRun& run) {
  const load::RunResult& result = run.result;
  const bool whole =
      result.ending == load::Ending::kPassed || result.ending == load::Ending::kCrossed;
  std::string cases =
      R"(    <testcase classname="pressure.run" name="the run is a measurement" time="0")";
  cases += whole ? std::string("/>\n")
                 : fmt::format(">\n      <error message=\"{}\"/>\n    </testcase>\n",
                               markup_text(headline(result)));
  std::int64_t failures = 0;
  std::int64_t skipped = 0;
  for (const load::LimitResult& limit : result.limits) {
    cases += fmt::format(R"(    <testcase classname="pressure.limits" name="{}" time="0")",
                         markup_text(limit.limit.text));
    if (limit.state == State::kPassed) {
      cases += "/>\n";
      continue;
    }
    const bool crossed = limit.state == State::kCrossed;
    ++(crossed ? failures : skipped);
    const std::string why = crossed ? "measured " + measured_text(limit)
                                    : fmt::format("{}: {}", name_of(limit.state), limit.why);
    cases += fmt::format(">\n      <{} message=\"{}\"/>\n    </testcase>\n",
                         crossed ? "failure" : "skipped", markup_text(why));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}"
      "  </testsuite>\n</testsuites>\n",
      markup_text(result.scenario), result.limits.size() + 1, failures, whole ? 0 : 1, skipped,
      cases);
}

}  // namespace tidemark::pressure
