#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/analyze/growth_report.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/terminal.h"
#include "lib/cli/values.h"
#include "lib/report/amounts.h"
#include "lib/report/growth_json.h"
#include "lib/report/growth_text.h"
#include "lib/run/series_db.h"
#include "lib/soak/columns.h"
#include "tools/leakwatch/sites/growth_flame.h"
#include "tools/leakwatch/sites/heap_dumps.h"
#include "tools/leakwatch/sites/options.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

// The first and the last heap of the last life: what a graph of growth compares.
struct Ends {
  std::int64_t life = -1;
  std::optional<Profile> first;
  std::optional<Profile> last;

  void take(HeapSnapshot&& snapshot) {
    if (snapshot.taken.life != life) {
      life = snapshot.taken.life;
      first = std::move(snapshot.profile);
      last.reset();
    } else {
      last = std::move(snapshot.profile);
    }
  }
};

DumpOptions dump_options(const cli::Args& args) {
  DumpOptions options{.format = args.value("--format"), .every = std::nullopt};
  for (const std::string& path : args.operands()) options.paths.emplace_back(path);
  if (args.given("--every")) {
    options.every = cli::duration_of(args.value("--every"), "--every");
    if (options.every->count() == 0) throw UsageError("--every: must be longer than nothing");
  }
  for (const std::string& directory : args.values("--debug-dir")) {
    options.debug_directories.emplace_back(directory);
  }
  return options;
}

std::string text_of(const GrowthReport& report, const cli::Args& args) {
  const bool to_terminal = args.value("--output") == "-" && cli::is_terminal(STDOUT_FILENO);
  return growth_text(
      report, {.limit = static_cast<std::size_t>(cli::count_of(args.value("--limit"), "--limit")),
               .width = to_terminal ? cli::width(STDOUT_FILENO) : 80,
               .colour = to_terminal && cli::wants_colour(STDOUT_FILENO)});
}

// At most a handful: files of one run have much the same to say.
void warn(const std::vector<std::string>& warnings) {
  constexpr std::size_t kMost = 5;
  for (std::size_t i = 0; i < warnings.size() && i < kMost; ++i) {
    (void)std::fputs(fmt::format("leakwatch: warning: {}\n", printable(warnings[i])).c_str(),
                     stderr);
  }
  if (warnings.size() > kMost) {
    const auto left = static_cast<std::int64_t>(warnings.size() - kMost);
    (void)std::fputs(fmt::format("leakwatch: and {}\n", plural(left, "more warning")).c_str(),
                     stderr);
  }
}

// The requests that a soak counted; none when it is no soak, or did not count them.
std::vector<RequestCount> requests_of(const std::filesystem::path& directory) {
  std::vector<RequestCount> counts;
  const std::filesystem::path path = directory / "series.db";
  if (!std::filesystem::is_regular_file(path)) return counts;
  SeriesReader reader(path);
  const std::string_view wanted = soak::name_of(soak::Column::kRequests).name;
  reader.read([&](const SeriesRow& row) {
    for (const SeriesRow::Value& value : row.values) {
      const SeriesName& name = reader.series()[value.series];
      if (name.pid != 0 || name.name != wanted) continue;
      counts.push_back({.at_ms = row.at_ms, .requests = static_cast<double>(value.value)});
    }
  });
  return counts;
}

std::string source_of(const std::vector<std::string>& operands) {
  if (operands.size() == 1) return operands.front();
  return plural(static_cast<std::int64_t>(operands.size()), "file");
}

}  // namespace

int sites_verb(const cli::Args& args) {
  SiteHistory history;
  Ends ends;
  const double false_rate = cli::percent_of(args.value("--false-rate"), "--false-rate") / 100;
  std::vector<std::string> warnings =
      read_heap_dumps(dump_options(args), [&](HeapSnapshot&& snapshot) {
        history.add(snapshot.taken, snapshot.profile);
        for (const HeapSnapshot::Blocks& blocks : snapshot.blocks) {
          history.add_lives(blocks.process, blocks.looks);
        }
        ends.take(std::move(snapshot));
      });
  warn(warnings);
  GrowthReport report = growth_report(history, {.false_rate = false_rate});
  for (const std::string& operand : args.operands()) {
    add_per_request(report, requests_of(operand));
  }
  report.source = source_of(args.operands());
  report.warnings = std::move(warnings);
  if (args.given("--flame")) {
    if (!ends.last) throw Error("--flame: there is only one heap profile of the last life");
    write_growth_flame(args.value("--flame"), *ends.first, *ends.last, report.source);
  }
  const bool json = args.value("--to") == "json";
  write_file(args.value("--output"), json ? to_growth_json(report) : text_of(report, args));
  if (count_of(report, SiteTrend::kGrows) > 0) return cli::kFound;
  return snapshots_missing(report) > 0 ? cli::kUndecided : cli::kOk;
}

}  // namespace tidemark::leakwatch
