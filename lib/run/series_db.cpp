#include "lib/run/series_db.h"

#include <fmt/format.h>

#include <deque>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/run/sqlite.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestWait{2};
constexpr std::size_t kMostWaiting = 1'000'000;

// "tide", so that file(1) and a reader can tell the file from other databases.
constexpr std::int64_t kApplicationId = 0x74696465;
constexpr std::int64_t kVersion = 1;

constexpr const char* kSchema = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    pid INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, pid));
  CREATE TABLE IF NOT EXISTS points (
    series INTEGER NOT NULL REFERENCES series (id),
    at_ms INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (series, at_ms)) WITHOUT ROWID;
  PRAGMA application_id = 1953064037;
  PRAGMA user_version = 1;
  COMMIT;
)";
static_assert(kApplicationId == 1953064037 && kVersion == 1, "as the schema says");

void check_version(Database& database, const std::filesystem::path& path) {
  const std::int64_t id = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (id != kApplicationId) {
    throw Error(fmt::format("{}: an SQLite file, but not one of series", path.string()));
  }
  if (version != kVersion) {
    throw Error(fmt::format("{}: written as version {} of series.db; this tool knows version {}",
                            path.string(), version, kVersion));
  }
}

struct Waiting {
  std::int64_t series;
  std::int64_t at_ms;
  std::int64_t value;
};

Database open_for_writing(const std::filesystem::path& path) {
  Database database(path, Database::Access::kWrite);
  if (database.number("SELECT count(*) FROM sqlite_schema") != 0) check_version(database, path);
  database.run(kSchema);
  return database;
}

}  // namespace

struct SeriesWriter::State {
  explicit State(const std::filesystem::path& path) : database(open_for_writing(path)) {}
  void write();

  Database database;
  Statement insert{database, "INSERT OR REPLACE INTO points VALUES (?, ?, ?)"};
  std::deque<Waiting> waiting;
  std::int64_t dropped = 0;
  std::string problem;
  Clock::time_point last_attempt = Clock::now();
};

void SeriesWriter::State::write() {
  last_attempt = Clock::now();
  if (waiting.empty()) return;
  try {
    database.run("BEGIN IMMEDIATE");
    for (const Waiting& point : waiting) {
      insert.bind(1, point.series).bind(2, point.at_ms).bind(3, point.value).step();
      insert.reset();
    }
    database.run("COMMIT");
    waiting.clear();
    problem.clear();
  } catch (const Error& error) {
    problem = error.what();
    insert.reset();
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
  Statement insert(state_->database,
                   "INSERT OR IGNORE INTO series (name, unit, pid) VALUES (?, ?, ?)");
  insert.bind(1, name).bind(2, unit).bind(3, pid).step();
  Statement find(state_->database, "SELECT id FROM series WHERE name = ? AND pid = ?");
  find.bind(1, name).bind(2, pid).step();
  return SeriesId{find.number(0)};
}

void SeriesWriter::append(SeriesId series, std::int64_t at_ms, std::int64_t value) {
  if (state_->waiting.size() >= kMostWaiting) {
    state_->waiting.pop_front();
    ++state_->dropped;
  }
  state_->waiting.push_back({static_cast<std::int64_t>(series), at_ms, value});
  if (Clock::now() - state_->last_attempt >= kLongestWait) state_->write();
}

bool SeriesWriter::flush() {
  state_->write();
  return state_->waiting.empty();
}

std::string SeriesWriter::trouble() const {
  if (state_->dropped == 0) return state_->problem;
  return fmt::format("{}{}{} points were dropped", state_->problem,
                     state_->problem.empty() ? "" : "; ", state_->dropped);
}

namespace {

std::vector<Series> read_all(Database& database, const std::filesystem::path& path) {
  check_version(database, path);
  // One transaction: the two tables as they were at one moment.
  database.run("BEGIN");
  std::vector<Series> result;
  Statement series(database, "SELECT id, name, unit, pid FROM series ORDER BY id");
  Statement points(database, "SELECT at_ms, value FROM points WHERE series = ? ORDER BY at_ms");
  while (series.step()) {
    Series one{
        .name = series.text(1), .unit = series.text(2), .at_unit = "ms", .pid = series.number(3)};
    points.bind(1, series.number(0));
    while (points.step()) one.points.push_back({.at = points.number(0), .value = points.number(1)});
    points.reset();
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace

std::vector<Series> read_series(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw Error(fmt::format("{}: no such series file", path.string()));
  }
  // Without a log beside it nobody writes the file, and it can be read as it is:
  // reading it as a WAL file would leave a log and an index behind, and fail in a
  // directory where we may not write.
  const bool written = std::filesystem::exists(path.string() + "-wal", error);
  Database database(path, written ? Database::Access::kRead : Database::Access::kReadImmutable);
  return read_all(database, path);
}

}  // namespace tidemark
