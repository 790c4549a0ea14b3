#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "lib/base/error.h"
#include "lib/run/series_db.h"
#include "lib/run/series_rows.h"
#include "lib/run/series_schema.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestWait{2};
constexpr std::size_t kMostWaiting = 1'000'000;
constexpr std::size_t kMostEventsWaiting = 10'000;

constexpr const char* kSchema = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -256;
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    pid INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, pid));
  CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY,
    writer INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    points BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    pid INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS texts (
    name TEXT PRIMARY KEY,
    text TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS writers (id INTEGER PRIMARY KEY);
  PRAGMA application_id = 1953064037;
  PRAGMA user_version = 2;
  COMMIT;
)";
static_assert(kSeriesApplicationId == 1953064037 && kSeriesVersion == 2, "as the schema says");

struct Waiting {
  std::size_t series;  // a place in State::series
  std::int64_t at_ms;
  std::int64_t value;
};

Database open_for_writing(const std::filesystem::path& path) {
  Database database(path, Database::Access::kWrite);
  if (database.number("SELECT count(*) FROM sqlite_schema") != 0 &&
      series_version(database, path) != kSeriesVersion) {
    throw Error(
        fmt::format("{}: written as version 1 of series.db; this tool goes on with "
                    "version 2 only",
                    path.string()));
  }
  database.run(kSchema);
  return database;
}

}  // namespace

std::int64_t series_version(Database& database, const std::filesystem::path& path) {
  const std::int64_t id = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (id != kSeriesApplicationId) {
    throw Error(fmt::format("{}: an SQLite file, but not one of series", path.string()));
  }
  if (version < 1 || version > kSeriesVersion) {
    throw Error(fmt::format("{}: written as version {} of series.db; this tool knows version {}",
                            path.string(), version, kSeriesVersion));
  }
  return version;
}

struct SeriesWriter::State {
  explicit State(const std::filesystem::path& path) : database(open_for_writing(path)) {
    database.run("INSERT INTO writers DEFAULT VALUES");
    writer = database.number("SELECT last_insert_rowid()");
  }
  void write();
  void write_all();
  std::size_t write_row(std::size_t first);
  std::int64_t id_of(std::size_t place);

  // `id`: in the file; 0: not there yet.
  struct Named {
    std::string name;
    std::string unit;
    std::int64_t pid = 0;
    std::int64_t id = 0;
  };

  Database database;
  Statement insert{database, "INSERT INTO rows (writer, at_ms, points) VALUES (?, ?, ?)"};
  Statement insert_event{database,
                         "INSERT INTO events (at_ms, kind, pid, text) VALUES (?, ?, ?, ?)"};
  Statement insert_text{database, "INSERT OR REPLACE INTO texts VALUES (?, ?)"};
  std::int64_t writer = 0;
  std::vector<Named> series;
  std::map<std::pair<std::string, std::int64_t>, std::size_t> places;
  std::deque<Waiting> waiting;
  std::deque<SeriesEvent> events;
  std::map<std::string, std::string> texts;
  std::size_t names_kept = 0;
  RowEncoder encoder;
  std::vector<RowPoint> row;
  std::int64_t dropped = 0;
  std::string problem;
  Clock::time_point last_attempt = Clock::now();
};

std::int64_t SeriesWriter::State::id_of(std::size_t place) {
  Named& named = series[place];
  if (named.id != 0) return named.id;
  Statement add(database, "INSERT OR IGNORE INTO series (name, unit, pid) VALUES (?, ?, ?)");
  add.bind(1, named.name).bind(2, named.unit).bind(3, named.pid).step();
  Statement find(database, "SELECT id FROM series WHERE name = ? AND pid = ?");
  find.bind(1, named.name).bind(2, named.pid).step();
  return named.id = find.number(0);
}

// Writes the points of one moment that start at `first`; where the next start.
std::size_t SeriesWriter::State::write_row(std::size_t first) {
  const std::int64_t at_ms = waiting[first].at_ms;
  std::size_t last = first;
  row.clear();
  for (; last < waiting.size() && waiting[last].at_ms == at_ms; ++last) {
    row.push_back({.series = id_of(waiting[last].series), .value = waiting[last].value});
  }
  if (!std::ranges::is_sorted(row, std::ranges::less_equal{}, &RowPoint::series)) {
    std::ranges::stable_sort(row, {}, &RowPoint::series);
  }
  // Of several values of a series the last one counts.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i + 1 < row.size() && row[i].series == row[i + 1].series) continue;
    row[kept++] = row[i];
  }
  row.resize(kept);
  insert.bind(1, writer).bind(2, at_ms).bind_bytes(3, encoder.encode(row)).step();
  insert.reset();
  return last;
}

void SeriesWriter::State::write_all() {
  database.run("BEGIN IMMEDIATE");
  for (std::size_t place = names_kept; place < series.size(); ++place) id_of(place);
  for (std::size_t next = 0; next < waiting.size();) next = write_row(next);
  for (const SeriesEvent& event : events) {
    insert_event.bind(1, event.at_ms).bind(2, event.kind).bind(3, event.pid).bind(4, event.text);
    insert_event.step();
    insert_event.reset();
  }
  for (const auto& [name, text] : texts) {
    insert_text.bind(1, name).bind(2, text).step();
    insert_text.reset();
  }
  database.run("COMMIT");
  names_kept = series.size();
  waiting.clear();
  events.clear();
  texts.clear();
  problem.clear();
}

void SeriesWriter::State::write() {
  last_attempt = Clock::now();
  if (waiting.empty() && events.empty() && texts.empty() && names_kept == series.size()) return;
  try {
    write_all();
  } catch (const Error& error) {
    problem = error.what();
    insert.reset();
    insert_event.reset();
    insert_text.reset();
    encoder.restart();  // the rows before are not there
    for (std::size_t place = names_kept; place < series.size(); ++place) series[place].id = 0;
    // SQLite rolls back by itself after some errors, and a failing rollback
    // changes nothing: the next attempt begins anew.
    if (database.in_transaction()) {
      try {
        database.run("ROLLBACK");
      } catch (const Error&) {
        problem += "; cannot roll back";
      }
    }
  }
}

SeriesWriter::SeriesWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SeriesWriter::SeriesWriter(SeriesWriter&&) noexcept = default;
SeriesWriter& SeriesWriter::operator=(SeriesWriter&&) noexcept = default;

SeriesWriter::~SeriesWriter() {
  if (state_) state_->write();
}

SeriesWriter SeriesWriter::open(const std::filesystem::path& path) {
  return SeriesWriter(std::make_unique<State>(path));
}

SeriesId SeriesWriter::add(const std::string& name, const std::string& unit, std::int64_t pid) {
  const auto [entry, fresh] = state_->places.try_emplace({name, pid}, state_->series.size());
  if (fresh) state_->series.push_back({.name = name, .unit = unit, .pid = pid});
  return SeriesId{static_cast<std::int64_t>(entry->second)};
}

void SeriesWriter::append(SeriesId series, std::int64_t at_ms, std::int64_t value) {
  // Between two moments: who is killed leaves no part of a row.
  const bool row_ended = !state_->waiting.empty() && state_->waiting.back().at_ms != at_ms;
  if (row_ended && Clock::now() - state_->last_attempt >= kLongestWait) state_->write();
  if (state_->waiting.size() >= kMostWaiting) {
    state_->waiting.pop_front();
    ++state_->dropped;
  }
  state_->waiting.push_back({static_cast<std::size_t>(series), at_ms, value});
}

void SeriesWriter::add_event(SeriesEvent event) {
  if (state_->events.size() >= kMostEventsWaiting) {
    state_->events.pop_front();
    ++state_->dropped;
  }
  state_->events.push_back(std::move(event));
}

void SeriesWriter::set(const std::string& name, const std::string& text) {
  state_->texts[name] = text;
}

bool SeriesWriter::flush() {
  state_->write();
  return state_->waiting.empty() && state_->events.empty() && state_->texts.empty();
}

std::int64_t SeriesWriter::waiting() const {
  return static_cast<std::int64_t>(state_->waiting.size());
}

std::int64_t SeriesWriter::dropped() const { return state_->dropped; }

std::string SeriesWriter::trouble() const {
  if (state_->dropped == 0) return state_->problem;
  return fmt::format("{}{}{} points were dropped", state_->problem,
                     state_->problem.empty() ? "" : "; ", state_->dropped);
}

}  // namespace tidemark
