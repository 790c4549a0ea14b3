#include "lib/run/history_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr const char* kTables = R"(
  CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL,
    host INTEGER NOT NULL,
    directory TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    version INTEGER NOT NULL,
    commit_name INTEGER NOT NULL,
    flavour INTEGER NOT NULL,
    scale REAL,
    state INTEGER NOT NULL,
    score REAL,
    UNIQUE (campaign, host, directory, started_ms));
  CREATE INDEX IF NOT EXISTS entries_by_start ON entries (started_ms);
  CREATE TABLE IF NOT EXISTS phases (
    entry INTEGER NOT NULL,
    place INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    state INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (entry, place)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS measures (
    entry INTEGER NOT NULL,
    place INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    value REAL,
    error REAL,
    PRIMARY KEY (entry, place)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rules (
    entry INTEGER NOT NULL,
    place INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    state INTEGER NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    bound REAL,
    PRIMARY KEY (entry, place)) WITHOUT ROWID;
  PRAGMA application_id = 1953064040;
  PRAGMA user_version = 1;
)";
static_assert(kHistoryApplicationId == 1953064040 && kHistoryVersion == 1, "as the tables say");

constexpr const char* kRemoveRows[] = {"DELETE FROM phases WHERE entry = ?",
                                       "DELETE FROM measures WHERE entry = ?",
                                       "DELETE FROM rules WHERE entry = ?"};

// Ids of texts, made where there is none yet.
class NameIds {
 public:
  explicit NameIds(Database& database) : database_(database) {}

  std::int64_t operator()(std::string_view name) {
    const auto known = ids_.find(name);
    if (known != ids_.end()) return known->second;
    find_.reset();
    if (!find_.bind(1, name).step()) {
      add_.reset();
      add_.bind(1, name).step();
      find_.reset();
      if (!find_.bind(1, name).step()) throw Error("a name that was added is not there");
    }
    return ids_.emplace(name, find_.number(0)).first->second;
  }

 private:
  Database& database_;
  Statement find_{database_, "SELECT id FROM names WHERE name = ?"};
  Statement add_{database_, "INSERT INTO names (name) VALUES (?)"};
  std::map<std::string, std::int64_t, std::less<>> ids_;
};

std::int64_t write_head(Database& database, NameIds& id_of, const HistoryEntry& entry) {
  Statement former(database,
                   "SELECT id FROM entries WHERE campaign = ? AND host = ? AND directory = ? "
                   "AND started_ms = ?");
  former.bind(1, id_of(entry.campaign)).bind(2, id_of(entry.host)).bind(3, entry.directory);
  std::int64_t id = 0;
  if (former.bind(4, entry.started_ms).step()) id = former.number(0);
  for (const char* const sql : kRemoveRows) {
    if (id != 0) Statement(database, sql).bind(1, id).step();
  }
  Statement add(database,
                "INSERT OR REPLACE INTO entries (campaign, host, directory, started_ms, ended_ms, "
                "version, commit_name, flavour, scale, state, score, id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  add.bind(1, id_of(entry.campaign)).bind(2, id_of(entry.host)).bind(3, entry.directory);
  add.bind(4, entry.started_ms).bind(5, entry.ended_ms).bind(6, id_of(entry.version));
  add.bind(7, id_of(entry.commit)).bind(8, id_of(entry.flavour)).bind(9, entry.scale);
  add.bind(10, id_of(entry.state)).bind(11, entry.score);
  if (id != 0) add.bind(12, id);
  add.step();
  return id != 0 ? id : database.number("SELECT last_insert_rowid()");
}

void write_phases(Database& database, NameIds& id_of, std::int64_t id, const HistoryEntry& entry) {
  Statement add(database, "INSERT INTO phases VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < entry.phases.size(); ++i) {
    const HistoryPhase& phase = entry.phases[i];
    add.reset();
    add.bind(1, id).bind(2, static_cast<std::int64_t>(i)).bind(3, id_of(phase.phase));
    add.bind(4, id_of(phase.state)).bind(5, phase.duration_ms).step();
  }
}

void write_measures(Database& database, NameIds& id_of, std::int64_t id,
                    const HistoryEntry& entry) {
  Statement add(database, "INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < entry.measures.size(); ++i) {
    const HistoryMeasure& measure = entry.measures[i];
    add.reset();
    add.bind(1, id).bind(2, static_cast<std::int64_t>(i)).bind(3, id_of(measure.phase));
    add.bind(4, id_of(measure.metric)).bind(5, id_of(measure.stage)).bind(6, id_of(measure.unit));
    add.bind(7, measure.value).bind(8, measure.error).step();
  }
}

void write_rules(Database& database, NameIds& id_of, std::int64_t id, const HistoryEntry& entry) {
  Statement add(database, "INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < entry.rules.size(); ++i) {
    const HistoryRule& rule = entry.rules[i];
    add.reset();
    add.bind(1, id).bind(2, static_cast<std::int64_t>(i)).bind(3, id_of(rule.phase));
    add.bind(4, id_of(rule.rule)).bind(5, id_of(rule.state)).bind(6, rule.value);
    add.bind(7, rule.low).bind(8, rule.high).bind(9, rule.limit).step();
  }
}

// Reads entries and fills in what belongs to them; rows come in the order of entry and place.
class EntryReader {
 public:
  EntryReader(Database& database, const std::filesystem::path& path)
      : database_(database), path_(path) {
    Statement all(database_, "SELECT id, name FROM names");
    while (all.step()) names_[all.number(0)] = all.text(1);
  }

  std::vector<HistoryEntry> read(const HistoryQuery& query) {
    read_heads(query);
    each_row("phases", [&](HistoryEntry& entry, const Statement& row) {
      entry.phases.push_back({name(row, 2), name(row, 3), row.number(4)});
    });
    each_row("measures", [&](HistoryEntry& entry, const Statement& row) {
      entry.measures.push_back(
          {name(row, 2), name(row, 3), name(row, 4), name(row, 5), row.real(6), row.real(7)});
    });
    each_row("rules", [&](HistoryEntry& entry, const Statement& row) {
      entry.rules.push_back({name(row, 2), name(row, 3), name(row, 4), row.real(5), row.real(6),
                             row.real(7), row.real(8)});
    });
    return std::move(entries_);
  }

 private:
  const std::string& name(const Statement& row, int column) const {
    const auto found = names_.find(row.number(column));
    if (found != names_.end()) return found->second;
    throw Error(
        fmt::format("{}: damaged: name {} is not there", path_.string(), row.number(column)),
        "move it away to begin a new history");
  }

  void read_heads(const HistoryQuery& query) {
    constexpr const char* kHeads =
        "SELECT id, campaign, host, directory, started_ms, ended_ms, version, commit_name, "
        "flavour, scale, state, score FROM entries WHERE started_ms >= ?1 "
        "AND (?2 = '' OR campaign = (SELECT id FROM names WHERE name = ?2)) "
        "AND (?3 = '' OR host = (SELECT id FROM names WHERE name = ?3)) "
        "AND (?4 = 0 OR abs(scale - ?4) <= 1e-9 * abs(?4)) "
        "ORDER BY started_ms DESC, id DESC LIMIT ?5";
    Statement row(database_, kHeads);
    row.bind(1, query.since_ms == 0 ? INT64_MIN : query.since_ms).bind(2, query.campaign);
    row.bind(3, query.host).bind(4, query.scale);
    row.bind(5, static_cast<std::int64_t>(std::min<std::size_t>(query.most, INT64_MAX)));
    while (row.step()) {
      HistoryEntry entry{.id = row.number(0), .campaign = name(row, 1), .version = name(row, 6)};
      entry.host = name(row, 2);
      entry.directory = row.text(3);
      entry.started_ms = row.number(4);
      entry.ended_ms = row.number(5);
      entry.commit = name(row, 7);
      entry.flavour = name(row, 8);
      entry.scale = row.real(9);
      entry.state = name(row, 10);
      entry.score = row.real(11);
      entries_.push_back(std::move(entry));
    }
    std::ranges::reverse(entries_);
  }

  // Calls `add` for each row of `table` that belongs to one of the entries. An index per entry:
  // what was not asked for is not read.
  void each_row(std::string_view table, const auto& add) {
    Statement row(database_, fmt::format("SELECT * FROM {} WHERE entry = ? ORDER BY place", table));
    for (HistoryEntry& entry : entries_) {
      row.reset();
      row.bind(1, entry.id);
      while (row.step()) add(entry, row);
    }
  }

  Database& database_;
  const std::filesystem::path& path_;
  std::map<std::int64_t, std::string> names_;
  std::vector<HistoryEntry> entries_;
};

}  // namespace

void make_history_tables(Database& database) { database.run(kTables); }

std::int64_t write_entry(Database& database, const HistoryEntry& entry) {
  NameIds id_of(database);
  const std::int64_t id = write_head(database, id_of, entry);
  write_phases(database, id_of, id, entry);
  write_measures(database, id_of, id, entry);
  write_rules(database, id_of, id, entry);
  return id;
}

std::vector<HistoryEntry> read_entries(Database& database, const std::filesystem::path& path,
                                       const HistoryQuery& query) {
  return EntryReader(database, path).read(query);
}

std::size_t remove_entries(Database& database, std::int64_t before_ms) {
  Statement count(database, "SELECT count(*) FROM entries WHERE started_ms < ?");
  count.bind(1, before_ms).step();
  const auto removed = static_cast<std::size_t>(count.number(0));
  if (removed == 0) return 0;
  for (const std::string_view table : {"phases", "measures", "rules"}) {
    Statement(database, fmt::format("DELETE FROM {} WHERE entry IN "
                                    "(SELECT id FROM entries WHERE started_ms < ?)",
                                    table))
        .bind(1, before_ms)
        .step();
  }
  Statement(database, "DELETE FROM entries WHERE started_ms < ?").bind(1, before_ms).step();
  database.run(
      "DELETE FROM names WHERE id NOT IN ("
      "SELECT campaign FROM entries UNION SELECT host FROM entries UNION "
      "SELECT version FROM entries UNION SELECT commit_name FROM entries UNION "
      "SELECT flavour FROM entries UNION SELECT state FROM entries UNION "
      "SELECT phase FROM phases UNION SELECT state FROM phases UNION "
      "SELECT phase FROM measures UNION SELECT metric FROM measures UNION "
      "SELECT stage FROM measures UNION SELECT unit FROM measures UNION "
      "SELECT phase FROM rules UNION SELECT rule FROM rules UNION SELECT state FROM rules)");
  return removed;
}

}  // namespace tidemark
