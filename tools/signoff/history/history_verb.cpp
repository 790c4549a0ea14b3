#include "tools/signoff/history/history_verb.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/quantities.h"
#include "lib/cli/line.h"
#include "lib/cli/terminal.h"
#include "lib/cli/values.h"
#include "lib/report/amounts.h"
#include "lib/run/history_db.h"
#include "tools/signoff/history/changes.h"
#include "tools/signoff/history/history_html.h"
#include "tools/signoff/history/history_json.h"
#include "tools/signoff/history/history_text.h"
#include "tools/signoff/history/rule_lines.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

std::int64_t ago(std::string_view text, std::string_view option) {
  return now_ms() - cli::duration_of(text, option).count();
}

std::int64_t since_of(const cli::Args& args) {
  if (!args.given("--since")) return 0;
  const std::string& text = args.value("--since");
  if (const auto day = to_day(text)) {  // the midnight with which it began, UTC
    return std::chrono::duration_cast<std::chrono::milliseconds>(day->time_since_epoch()).count();
  }
  if (text.size() == 10 && text.find('-') != std::string::npos) {
    throw UsageError(fmt::format("--since: expected a date such as 2026-10-01, found '{}'", text));
  }
  return ago(text, "--since");
}

fs::path file_of(const cli::Args& args) {
  return args.given("--history") ? fs::path(args.value("--history")) : default_history();
}

std::string format_of(const cli::Args& args) {
  if (args.given("--format")) return args.value("--format");
  const std::string extension = fs::path(args.value("--output")).extension().string();
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".json" || extension == ".csv") return extension.substr(1);
  return "text";
}

std::string written(const cli::Args& args, const std::vector<StudiedLine>& lines,
                    const std::vector<RuleLine>& rules) {
  const std::string format = format_of(args);
  if (format == "html") return history_html(lines, rules);
  if (format == "json") return history_json(lines, rules);
  if (format == "csv") return history_csv(lines);
  if (args.value("--output") == "-") {
    return history_text(lines, rules, cli::width(STDOUT_FILENO), cli::look_of(STDOUT_FILENO));
  }
  return history_text(lines, rules, 100, {.colour = false, .unicode = true});
}

bool passed_always(const RuleLine& line) { return line.passed() == line.nights.size(); }

int prune(const cli::Args& args, const fs::path& file) {
  const std::int64_t before = ago(args.value("--prune"), "--prune");
  // Reading first: a history that is not there is not made.
  const HistoryDb there(file, HistoryDb::Use::kRead);
  const std::size_t removed = HistoryDb(file).prune(before);
  fmt::print(stderr, "signoff: {}: removed {} that started before {}\n", printable(file.string()),
             plural(static_cast<std::int64_t>(removed), "campaign"), utc_text(before));
  return cli::kOk;
}

}  // namespace

int history_verb(const cli::Args& args) {
  const fs::path file = file_of(args);
  if (args.given("--prune")) return prune(args, file);
  const HistoryQuery query{.campaign = args.value("--campaign"),
                           .host = args.value("--host"),
                           .since_ms = since_of(args),
                           .most = static_cast<std::size_t>(cli::count_of(
                               args.value("--last"), "--last", {.low = 1, .high = 100'000}))};
  const std::vector<HistoryEntry> entries = HistoryDb(file, HistoryDb::Use::kRead).read(query);
  std::vector<StudiedLine> lines =
      studied(entries, {.phase = args.value("--phase"), .metric = args.value("--metric")});
  if (lines.empty()) {
    fmt::print(stderr, "signoff: {}: no metric of its {} fits\n", printable(file.string()),
               plural(static_cast<std::int64_t>(entries.size()), "campaign"));
    return cli::kUndecided;
  }
  const bool tells =
      std::ranges::any_of(lines, [](const StudiedLine& line) { return !line.found.too_few; });
  if (args.given("--changed")) {
    std::erase_if(lines, [](const StudiedLine& line) { return line.changes.empty(); });
  }
  // Who asks for some metrics does not ask for rules.
  std::vector<RuleLine> rules;
  if (!args.given("--metric")) rules = rule_lines(entries, args.value("--phase"));
  if (args.given("--changed")) std::erase_if(rules, passed_always);
  if (lines.empty() && rules.empty()) {
    fmt::print(stderr, "signoff: {}: nothing changed\n", printable(file.string()));
  } else {
    write_file(args.value("--output"), written(args, lines, rules));
  }
  return tells ? cli::kOk : cli::kUndecided;
}

}  // namespace tidemark::signoff
