#include "tools/leakwatch/report/night.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/tool.h"
#include "lib/report/fate_text.h"
#include "lib/report/growth_json.h"
#include "lib/report/words.h"
#include "lib/run/run_directory.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/exit_codes.h"
#include "tools/leakwatch/report/why.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using soak::Column;

constexpr std::size_t kMostNights = 1000;

// Sums what the charts show from the rows.
class Rows {
 public:
  explicit Rows(Night& night) : night_(night) {}

  void take(const std::vector<SeriesName>& names, const SeriesRow& row) {
    night_.history.take(names, row);
    soak::Values values;
    for (const SeriesRow::Value& value : row.values) {
      const auto column = column_of(names, value.series);
      if (column) values.set(*column, value.value);
    }
    if (const auto anon = values.get(Column::kAnon)) {
      night_.memory.add(row.at_ms, *anon + values.get(Column::kSwap).value_or(0));
    } else if (const auto rss = values.get(Column::kRss)) {
      night_.memory.add(row.at_ms, *rss);
    }
    if (const auto requests = values.get(Column::kRequests)) take_load(row.at_ms, *requests);
  }

 private:
  std::optional<Column> column_of(const std::vector<SeriesName>& names, std::size_t series) {
    while (columns_.size() < names.size()) {
      const SeriesName& name = names[columns_.size()];
      columns_.push_back(name.pid == 0 ? soak::column_named(name.name) : std::nullopt);
    }
    return columns_[series];
  }

  // Over ten seconds at least: a rate from one second to the next is mostly noise.
  void take_load(std::int64_t at_ms, std::int64_t requests) {
    constexpr std::int64_t kSpanMs = 10'000;
    if (counted_ && at_ms - counted_->first < kSpanMs) return;
    if (counted_) {
      const auto more = static_cast<double>(std::max<std::int64_t>(requests - counted_->second, 0));
      night_.load.add(at_ms, static_cast<std::int64_t>(
                                 more * 1e6 / static_cast<double>(at_ms - counted_->first)));
    }
    counted_ = {at_ms, requests};
  }

  Night& night_;
  std::vector<std::optional<Column>> columns_;
  std::optional<std::pair<std::int64_t, std::int64_t>> counted_;
};

// Hands the text of a file on, when there is one.
void read_if_there(Night& night, std::string_view name, const auto& use) {
  const fs::path path = night.soak.directory / name;
  std::error_code none;
  if (!fs::is_regular_file(path, none)) return;
  try {
    const std::string shown = printable(path.string());
    use(shown, read_file(path).bytes());
  } catch (const Error& error) {
    night.problems.emplace_back(error.what());
  }
}

void read_files(Night& night) {
  read_if_there(night, "sites.json", [&](const std::string& name, std::string_view text) {
    night.sites = growth_from_json(name, text);
  });
  read_if_there(night, "account.json", [&](const std::string& name, std::string_view text) {
    night.account = account_from_json(name, text);
  });
  read_if_there(night, "verdict.json", [&](const std::string& name, std::string_view text) {
    night.watched_failure = failure_from_json(name, text);
  });
}

}  // namespace

std::string Night::failure() const {
  if (!watched_failure.empty()) return watched_failure;
  const End& end = soak.run.end;
  if (end.kind == EndKind::kNotStarted || end.kind == EndKind::kSignalled ||
      (end.kind == EndKind::kExited && end.code != 0)) {
    return "the target " + end_text(end);
  }
  return soak.rows == 0 ? "nothing was recorded" : "";
}

std::vector<std::string> Night::limits() const {
  // An alarm about a leak is the verdict's own sentence.
  const std::string leak = std::string(verdict::words(verdict::Answer::kLeak)) + ": ";
  std::vector<std::string> out;
  for (const SeriesEvent& event : soak.events) {
    if (event.kind != "alarm" || event.text.starts_with(leak)) continue;
    if (event.text != watched_failure) out.push_back(event.text);
  }
  return out;
}

int Night::exit_code() const {
  if (!failure().empty()) return cli::kFailed;
  if (!limits().empty()) return cli::kFound;
  return exit_code_of(soak.verdict.answer);
}

std::string Night::headline() const {
  std::string text = failure();
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const std::string& limit : limits()) add(limit);
  add(with_sites(soak.verdict, sites ? why_text(*sites) : ""));
  return text;
}

Night read_night(const fs::path& directory) {
  const StoredRun stored = read_run(directory);
  if (!soak::is_soak(stored.run)) {
    throw Error(fmt::format("{}: a run of {}, not of leakwatch", printable(directory.string()),
                            tidemark::quoted(stored.run.tool)),
                stored.run.tool == "memprof" ? "memprof report reads it" : "");
  }
  Night night;
  Rows rows(night);
  soak::SoakReader reader(stored.directory);
  night.soak = reader.look([&](const auto& names, const SeriesRow& row) { rows.take(names, row); });
  read_files(night);
  return night;
}

std::vector<Night> read_nights(const fs::path& directory, std::int64_t since_ms,
                               std::vector<std::string>& problems) {
  std::vector<fs::path> inside;
  std::error_code problem;
  for (fs::directory_iterator it(directory, problem), end; !problem && it != end;
       it.increment(problem)) {
    std::error_code none;
    if (fs::exists(it->path() / kRunFile, none)) inside.push_back(it->path());
  }
  if (problem) throw errno_error(printable(directory.string()), problem.value());
  std::ranges::sort(inside);
  std::vector<Night> out;
  for (const fs::path& path : inside) {
    try {
      const Run run = read_run(path).run;
      if (!soak::is_soak(run) || run.started_ms < since_ms) continue;
      if (out.size() == kMostNights) {
        throw Error(
            fmt::format("{}: more than {} soaks", printable(directory.string()), kMostNights),
            "choose fewer with --since");
      }
      out.push_back(read_night(path));
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }
  std::ranges::stable_sort(out, {}, [](const Night& night) { return night.soak.started_ms; });
  return out;
}

}  // namespace tidemark::leakwatch
