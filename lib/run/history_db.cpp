// How locks never reach a user. SQLite waits for one by itself in most places (busy_timeout), but
// says at once that a file is busy where waiting could be a deadlock: on the way into WAL mode,
// when the log of a dead process is taken in, when many begin at once. So whatever is found busy
// is tried again as a whole, until a minute is over; each transaction begins with BEGIN
// IMMEDIATE, and is therefore never a reader that wants to become a writer too late.

#include "lib/run/history_db.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cassert>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file_writer.h"
#include "lib/run/history_rows.h"
#include "lib/run/sqlite.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kBetweenTries{5};

// A transaction that is undone unless it is kept.
class Transaction {
 public:
  Transaction(Database& database, const char* begin) : database_(database) { database.run(begin); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!database_.in_transaction()) return;
    try {
      database_.run("ROLLBACK");
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): closing the file undoes it too
    }
  }
  void keep() { database_.run("COMMIT"); }

 private:
  Database& database_;
};

[[noreturn]] void fail(const fs::path& path, const DatabaseError& error) {
  if (error.busy()) {
    throw Error(fmt::format("{}: another process has been writing it for {} s", path.string(),
                            kPatience.count()),
                fmt::format("see who holds it: fuser {}", path.string()));
  }
  if (error.damaged()) {
    throw Error(fmt::format("{}: it is damaged, or no history", error.what()),
                "move it away to begin a new history; `sqlite3 FILE .recover` prints what can "
                "still be read");
  }
  if (error.kept_out()) {
    throw Error(error.what(),
                "the file and its directory must be writable; name another with --history");
  }
  throw Error(error.what());
}

// What `work` gives; tried again while the file is busy.
template <typename Work>
auto patiently(const fs::path& path, const Work& work) {
  const Clock::time_point end = Clock::now() + kPatience;
  while (true) {
    try {
      return work();
    } catch (const DatabaseError& error) {
      if (!error.busy() || Clock::now() >= end) fail(path, error);
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
}

// Throws Error when it is no history, or a later one. Whether it has its tables.
bool has_tables(Database& database, const fs::path& path) {
  // All as it is at one moment: another process may be making the tables.
  std::optional<Transaction> moment;
  if (!database.in_transaction()) moment.emplace(database, "BEGIN");
  const std::int64_t id = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (id == 0 && version == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0) {
    return false;
  }
  if (id != kHistoryApplicationId) {
    throw Error(fmt::format("{}: an SQLite file, but no history", path.string()),
                "name another with --history");
  }
  if (version < 1 || version > kHistoryVersion) {
    throw Error(fmt::format("{}: written as version {} of history.db; this tool knows version {}",
                            path.string(), version, kHistoryVersion));
  }
  return true;
}

void make_directory_of(const fs::path& path) {
  const fs::path directory = fs::absolute(path).lexically_normal().parent_path();
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path way = directory; !way.empty() && !fs::exists(way, error); way = way.parent_path()) {
    missing.push_back(way);
  }
  fs::create_directories(directory, error);
  if (error && !fs::is_directory(directory)) {
    throw errno_error(directory.string(), error.value());
  }
  for (const fs::path& made : missing) sync_directory(made.parent_path());
}

Database open_to_write(const fs::path& path) {
  Database database(path, Database::Access::kWrite);
  database.wait_for_others(kPatience);
  // Before anything is changed: it may be another's.
  const bool there = has_tables(database, path);
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  if (there) return database;
  Transaction transaction(database, "BEGIN IMMEDIATE");
  if (!has_tables(database, path)) make_history_tables(database);
  transaction.keep();
  return database;
}

// Where we may not write beside it, SQLite cannot share the file with writers; without a log
// beside it nobody writes it, and it can be read as it is.
Database open_to_read(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    throw Error(fmt::format("{}: no such history", path.string()),
                "signoff run writes one; --history names it");
  }
  const bool ours = ::access(fs::absolute(path).parent_path().c_str(), W_OK) == 0;
  const bool written = fs::exists(path.string() + "-wal", error);
  Database database(
      path, ours || written ? Database::Access::kReadShared : Database::Access::kReadImmutable);
  database.wait_for_others(kPatience);
  return database;
}

}  // namespace

struct HistoryDb::State {
  fs::path path;
  Use use = Use::kRead;
  // Only a writer keeps it open: a reader sees the file as it is at each call.
  std::optional<Database> writing;
};

HistoryDb::HistoryDb(const fs::path& path, Use use) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->use = use;
  if (use == Use::kRead) {
    patiently(path, [&] {
      Database database = open_to_read(path);
      return has_tables(database, path);
    });
    return;
  }
  make_directory_of(path);
  state_->writing.emplace(patiently(path, [&] { return open_to_write(path); }));
  // SQLite does this after the first write into a log that it made. Another process may have made
  // ours, and been killed before that; from here on the log stays while we have it open.
  sync_directory(fs::absolute(path).parent_path());
}
HistoryDb::HistoryDb(HistoryDb&&) noexcept = default;
HistoryDb& HistoryDb::operator=(HistoryDb&&) noexcept = default;
HistoryDb::~HistoryDb() = default;

std::int64_t HistoryDb::add(const HistoryEntry& entry) {
  assert(state_->writing);
  Database& database = *state_->writing;
  return patiently(state_->path, [&] {
    Transaction transaction(database, "BEGIN IMMEDIATE");
    const std::int64_t id = write_entry(database, entry);
    transaction.keep();
    return id;
  });
}

std::vector<HistoryEntry> HistoryDb::read(const HistoryQuery& query) const {
  const fs::path& path = state_->path;
  return patiently(path, [&]() -> std::vector<HistoryEntry> {
    Database database = open_to_read(path);
    // One transaction: all tables as they were at one moment.
    const Transaction transaction(database, "BEGIN");
    if (!has_tables(database, path)) return {};
    return read_entries(database, path, query);
  });
}

std::size_t HistoryDb::prune(std::int64_t before_ms) {
  assert(state_->writing);
  Database& database = *state_->writing;
  const std::size_t removed = patiently(state_->path, [&] {
    Transaction transaction(database, "BEGIN IMMEDIATE");
    const std::size_t count = remove_entries(database, before_ms);
    transaction.keep();
    return count;
  });
  if (removed > 0) {
    patiently(state_->path, [&] {
      database.run("VACUUM");
      return true;
    });
  }
  return removed;
}

fs::path default_history() {
  const auto variable = [](const char* name) {
    // No thread of ours changes the environment.
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return fs::path(value == nullptr ? "" : value);
  };
  // The specification of XDG: one that is not absolute does not count.
  const fs::path state = variable("XDG_STATE_HOME");
  if (state.is_absolute()) return state / "tidemark" / "history.db";
  const fs::path home = variable("HOME");
  return (home.empty() ? fs::path("/") : home) / ".local" / "state" / "tidemark" / "history.db";
}

}  // namespace tidemark
