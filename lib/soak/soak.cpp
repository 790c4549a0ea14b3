#include "lib/soak/soak.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "lib/run/run_directory.h"
#include "lib/soak/row_columns.h"

namespace tidemark::soak {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTool = "leakwatch";
constexpr std::size_t kMostTop = 16;
constexpr std::int64_t kSettledMs = 600'000;     // our own memory counts from then on
constexpr std::int64_t kProcessGoneMs = 30'000;  // and how often rows of a process come
constexpr std::int64_t kJudgeAgainMs = 10'000;
constexpr std::int64_t kJudgeAgainPart = 200;  // of the time watched

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

std::string_view words(SoakState state) {
  switch (state) {
    case SoakState::kWatching:
      return "watching";
    case SoakState::kEnded:
      return "ended";
    case SoakState::kStopped:
      return "stopped";
    case SoakState::kWriterDied:
      break;
  }
  return "its watcher died";
}

bool is_soak(const Run& run) { return run.tool == kTool; }

std::optional<std::int64_t> Soak::value(Column column) const {
  const auto found = std::ranges::find(now, name_of(column).name, &Reading::name);
  if (found == now.end()) return std::nullopt;
  return found->value;
}

struct SoakReader::State {
  explicit State(fs::path path) : directory(std::move(path)), reader(directory / "series.db") {}

  void note(const SeriesRow::Value& value, std::int64_t at_ms);
  void take(const SeriesRow& row);
  void judge_again(bool watching);
  std::vector<ProcessNow> top() const;
  OwnCost own() const;

  struct Last {
    bool known = false;
    std::int64_t first = 0;
    std::int64_t at_ms = 0;
    std::int64_t value = 0;
    std::optional<Column> column;

    void add_to(ProcessNow& process) const;
  };

  fs::path directory;
  SeriesReader reader;
  RowColumns columns;
  SoakSettings settings;
  std::optional<SoakJudge> judge;
  std::vector<Last> last;  // of each series
  std::int64_t first_ms = 0;
  std::int64_t now_ms = 0;
  std::int64_t rows = 0;
  std::optional<std::int64_t> settled_rss;
  // CPU time starts from 0 again with each watcher.
  std::int64_t own_cpu_us = 0;
  verdict::LeakVerdict verdict;
  std::int64_t judged_ms = -1;
};

void SoakReader::State::note(const SeriesRow::Value& value, std::int64_t at_ms) {
  Last& now = last[value.series];
  const SeriesName& name = reader.series()[value.series];
  if (!now.known) now = {.known = true, .first = value.value, .column = column_named(name.name)};
  if (name.pid == 0 && now.column == Column::kOwnCpu) {
    own_cpu_us += value.value >= now.value ? value.value - now.value : value.value;
  }
  now.at_ms = at_ms;
  now.value = value.value;
}

void SoakReader::State::take(const SeriesRow& row) {
  last.resize(reader.series().size());
  for (const SeriesRow::Value& value : row.values) note(value, row.at_ms);
  const Values values = columns.of(reader, row);
  if (!values.knows(Column::kLife)) return;  // another writer's
  if (rows == 0) first_ms = row.at_ms;
  now_ms = std::max(now_ms, row.at_ms);
  ++rows;
  const auto own = values.get(Column::kOwnRss);
  if (own && (!settled_rss || row.at_ms - first_ms <= kSettledMs)) settled_rss = own;
  judge->take(row.at_ms, values);
}

void SoakReader::State::judge_again(bool watching) {
  const std::int64_t age = now_ms - judged_ms;
  const std::int64_t often = std::max(kJudgeAgainMs, (now_ms - first_ms) / kJudgeAgainPart);
  if (judged_ms >= 0 && (age == 0 || (watching && age < often))) return;
  judged_ms = now_ms;
  verdict = judge->verdict();
}

void SoakReader::State::Last::add_to(ProcessNow& process) const {
  if (column == Column::kRss) process.rss_bytes = value;
  if (column == Column::kAnon) process.anon_bytes = value;
  if (column == Column::kCpu) process.cpu_ms = value;
  if (column == Column::kThreads) process.threads = value;
  if (column == Column::kAnon || column == Column::kSwap) process.grown_bytes += value - first;
}

std::vector<ProcessNow> SoakReader::State::top() const {
  std::map<std::int64_t, ProcessNow> by_pid;
  const std::int64_t gone = std::max(kProcessGoneMs, 12 * settings.every_ms);
  for (std::size_t i = 0; i < last.size(); ++i) {
    const Last& value = last[i];
    const std::int64_t pid = reader.series()[i].pid;
    if (pid == 0 || !value.known || value.at_ms < now_ms - gone) continue;
    ProcessNow& process = by_pid[pid];
    process.pid = pid;
    value.add_to(process);
  }
  for (const SeriesEvent& event : reader.events()) {
    const auto process = by_pid.find(event.pid);
    if (event.kind == "process" && process != by_pid.end()) process->second.name = event.text;
    if (event.kind == "gone") by_pid.erase(event.pid);
  }
  std::vector<ProcessNow> out;
  out.reserve(by_pid.size());
  for (auto& [pid, process] : by_pid) out.push_back(std::move(process));
  std::ranges::stable_sort(out, std::greater{}, &ProcessNow::rss_bytes);
  if (out.size() > kMostTop) out.resize(kMostTop);
  return out;
}

OwnCost SoakReader::State::own() const {
  OwnCost cost;
  for (std::size_t i = 0; i < last.size(); ++i) {
    if (reader.series()[i].pid != 0 || !last[i].known) continue;
    if (last[i].column == Column::kOwnRss) cost.rss_bytes = last[i].value;
    if (last[i].column == Column::kSmapsLoss) {
      cost.target_loss = static_cast<double>(last[i].value) / 1e6;
    }
  }
  cost.rss_grown_bytes = cost.rss_bytes - settled_rss.value_or(cost.rss_bytes);
  if (now_ms > first_ms) {
    cost.cpu_share = static_cast<double>(own_cpu_us) / 1e3 / static_cast<double>(now_ms - first_ms);
  }
  std::error_code error;
  const auto size = fs::file_size(directory / "series.db", error);
  if (!error && rows > 0)
    cost.bytes_per_row = static_cast<double>(size) / static_cast<double>(rows);
  return cost;
}

SoakReader::SoakReader(fs::path directory)
    : state_(std::make_unique<State>(std::move(directory))) {}
SoakReader::SoakReader(SoakReader&&) noexcept = default;
SoakReader& SoakReader::operator=(SoakReader&&) noexcept = default;
SoakReader::~SoakReader() = default;

Soak SoakReader::look() { return look(nullptr); }

Soak SoakReader::look(const RowSink& sink) {
  State& state = *state_;
  // run.json first: a soak that ended by then has no later rows.
  StoredRun stored = read_run(state.directory);
  if (!state.judge) {
    // The settings come before the first row.
    SeriesReader settings(state.directory / "series.db");
    settings.read_texts();
    state.settings = settings_from(settings.texts(), (state.directory / "series.db").string());
    state.judge.emplace(state.settings);
  }
  state.reader.read([&](const SeriesRow& row) {
    state.take(row);
    if (sink) sink(state.reader.series(), row);
  });

  Soak soak{.directory = stored.directory,
            .name = stored.directory.lexically_normal().filename().string(),
            .target = joined(stored.run.target),
            .run = std::move(stored.run)};
  soak.why = soak.run.cut_short;
  if (stored.abandoned) {
    soak.state = SoakState::kWriterDied;
  } else if (soak.run.state == "ended") {
    soak.state = soak.why.empty() ? SoakState::kEnded : SoakState::kStopped;
  }
  state.judge_again(soak.state == SoakState::kWatching);
  soak.settings = state.settings;
  soak.started_ms = soak.run.started_ms;
  soak.now_ms = state.now_ms;
  soak.rows = state.rows;
  for (std::size_t i = 0; i < state.last.size(); ++i) {
    const SeriesName& name = state.reader.series()[i];
    const State::Last& last = state.last[i];
    if (name.pid != 0 || !last.known) continue;
    soak.now.push_back(
        {.name = name.name, .unit = name.unit, .at_ms = last.at_ms, .value = last.value});
  }
  soak.lives = soak.value(Column::kLife).value_or(0);
  soak.top = state.top();
  soak.verdict = state.verdict;
  soak.oddities = state.judge->oddities();
  soak.first_alarm_s = state.judge->first_alarm_s();
  soak.events = state.reader.events();
  soak.troubles = soak.run.notes;
  for (const SeriesEvent& event : soak.events) {
    if (event.kind == "trouble") soak.troubles.push_back(event.text);
  }
  soak.own = state.own();
  return soak;
}

Soak read_soak(const fs::path& directory) { return SoakReader(directory).look(); }

}  // namespace tidemark::soak
