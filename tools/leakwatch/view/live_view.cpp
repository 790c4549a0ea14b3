#include "tools/leakwatch/view/live_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "lib/analyze/sites.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/amounts.h"
#include "lib/report/fate_text.h"
#include "lib/report/growth_json.h"
#include "lib/report/words.h"
#include "lib/run/series_db.h"

namespace tidemark::leakwatch {
namespace {

using soak::Column;

constexpr std::size_t kMostSaid = 200;
constexpr std::size_t kMostNotes = 8;
constexpr std::size_t kMostProcesses = 64;
constexpr std::size_t kMostSites = 16;
constexpr std::string_view kSitesFile = "sites.json";

}  // namespace

LiveView::LiveView(const Run& run, const soak::SoakSettings& settings,
                   std::filesystem::path directory)
    : look_(cli::look_of(1)), directory_(std::move(directory)) {
  std::vector<std::string> target = run.target;
  if (!target.empty()) target[0] = std::filesystem::path(target[0]).filename().string();
  shown_.target = command_text(target);
  shown_.settings = settings;
  shown_.started_ms = run.started_ms;
  take_former();
  screen_.emplace(1);
}

LiveView::~LiveView() {
  screen_.reset();
  for (const std::string& line : said_) (void)std::fputs(line.c_str(), stdout);
  (void)std::fflush(stdout);  // nobody may be reading it
}

void LiveView::take_processes(const Moment& moment) {
  ++looks_;
  const double passed_ms =
      static_cast<double>(std::max<std::int64_t>(moment.at_ms - shown_.now_ms, 1));
  shown_.processes.clear();
  for (const Member& member : moment.members) {
    const std::int64_t anon = member.memory.anon + member.memory.swap;
    const auto [known, is_new] =
        known_.try_emplace({member.stat.pid, member.stat.start_ticks},
                           First{.anon_bytes = anon, .cpu_ms = member.stat.cpu_ms});
    First& first = known->second;
    shown_.processes.push_back(
        {.pid = member.stat.pid,
         .name = std::string(member.stat.name_text()),
         .rss_bytes = member.memory.rss,
         .anon_bytes = anon,
         .grown_bytes = anon - first.anon_bytes,
         .threads = member.stat.threads,
         .cpu_share = static_cast<double>(member.stat.cpu_ms - first.cpu_ms) / passed_ms});
    first.cpu_ms = member.stat.cpu_ms;
    first.look = looks_;
  }
  std::erase_if(known_, [&](const auto& entry) { return entry.second.look != looks_; });
  const std::size_t most = std::min(shown_.processes.size(), kMostProcesses);
  std::ranges::partial_sort(shown_.processes,
                            shown_.processes.begin() + static_cast<std::ptrdiff_t>(most),
                            std::greater{}, &ShownProcess::anon_bytes);
  shown_.processes.resize(most);
}

void LiveView::take_series(std::int64_t at_ms, const soak::Values& values) {
  const auto anon = values.get(Column::kAnon);
  const auto rss = values.get(Column::kRss);
  if (anon) {
    shown_.memory.add(at_ms, *anon + values.get(Column::kSwap).value_or(0));
  } else if (rss) {
    shown_.memory.add(at_ms, *rss);
  }
  const auto requests = values.get(Column::kRequests);
  if (!requests) return;
  if (counted_ && at_ms > counted_->first) {
    const std::int64_t more = std::max<std::int64_t>(*requests - counted_->second, 0);
    shown_.load.add(at_ms, static_cast<std::int64_t>(static_cast<double>(more) * 1e6 /
                                                     static_cast<double>(at_ms - counted_->first)));
  }
  counted_ = {at_ms, *requests};
}

// What series.db has of a soak that goes on.
void LiveView::take_former() {
  try {
    SeriesReader reader(directory_ / "series.db");
    reader.read([&](const SeriesRow& row) {
      soak::Values values;
      for (const SeriesRow::Value& value : row.values) {
        const SeriesName& name = reader.series()[value.series];
        const auto column = name.pid == 0 ? soak::column_named(name.name) : std::nullopt;
        if (column) values.set(*column, value.value);
      }
      take_series(row.at_ms, values);
    });
  } catch (const Error&) {
    // It is only for the chart; whoever needs the file says what is wrong with it.
  }
}

// sites.json is written anew whenever there is another heap profile.
void LiveView::take_sites() {
  const std::filesystem::path path = directory_ / kSitesFile;
  std::error_code none;
  const auto written = std::filesystem::last_write_time(path, none);
  if (none || written == sites_written_) return;
  sites_written_ = written;
  try {
    const GrowthReport report = growth_from_json(path.string(), read_file(path).bytes());
    shown_.sites.clear();
    for (const SiteGrowth& growth : report.sites) {
      if (shown_.sites.size() == kMostSites || growth.trend >= SiteTrend::kSteady) break;
      const double side =
          std::max(growth.high - growth.bytes_per_hour, growth.bytes_per_hour - growth.low);
      const bool known = growth.fate != Fate::kUnknown;
      shown_.sites.push_back(
          {.name = place_text(growth.site.place) + (known ? "; " + fate_text(growth) : ""),
           .rate =
               estimate_text(std::llround(std::clamp(growth.bytes_per_hour, -9e18, 9e18)), side),
           .trend = std::string(name_of(growth.trend))});
    }
  } catch (const Error&) {
    // The next one may be whole.
  }
}

void LiveView::show(const Moment& moment) {
  take_sites();
  take_processes(moment);
  take_series(moment.at_ms, moment.values);
  if (shown_.viewed_ms == 0) shown_.viewed_ms = moment.at_ms;
  shown_.now_ms = moment.at_ms;
  shown_.watched_ms = moment.watched_ms;
  shown_.lives = moment.lives;
  shown_.alive = moment.alive;
  // What is read more rarely than every row stays.
  for (const soak::ColumnName& name : soak::kColumnNames) {
    if (const auto value = moment.values.get(name.column)) shown_.values.set(name.column, *value);
  }
  shown_.verdict = moment.verdict;
  draw();
}

void LiveView::say(const std::string& line) {
  said_.push_back(line);
  if (said_.size() > kMostSaid) said_.erase(said_.begin());
  shown_.notes.push_back(line.substr(0, line.find('\n')));
  if (shown_.notes.size() > kMostNotes) shown_.notes.erase(shown_.notes.begin());
}

void LiveView::follow() {
  if (screen_->is_stale() && shown_.now_ms > 0) draw();
}

void LiveView::draw() {
  const cli::FullScreen::Size size = screen_->size();
  screen_->draw(screen_lines(shown_, {.rows = size.rows, .columns = size.columns}, look_));
}

}  // namespace tidemark::leakwatch
