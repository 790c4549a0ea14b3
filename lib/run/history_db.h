#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tidemark {

// A number of a run, as it is kept for years.
struct HistoryMeasure {
  std::string phase;   // "redis/normal"
  std::string metric;  // "search.p95"
  std::string stage;
  std::string unit;  // budget::name_of(Unit)
  double value = 0;
  double error = -1;  // standard error; below 0: not known; 0: exact
};

// How a rule was decided.
struct HistoryRule {
  std::string phase;
  std::string rule;   // its id
  std::string state;  // "passed", ...
  double value = 0;
  double low = 0;
  double high = 0;
  double limit = 0;
};

struct HistoryPhase {
  std::string phase;
  std::string state;
  std::int64_t duration_ms = 0;
};

// A campaign that ended.
struct HistoryEntry {
  std::int64_t id = 0;   // given by the store
  std::string campaign;  // its name
  std::string version;   // "1.4.2"
  std::string commit;    // empty: not known
  std::string host;
  std::string flavour;
  std::string directory;  // where its runs are, or were
  double scale = 1;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::string state;
  double score = 0;
  std::vector<HistoryPhase> phases;
  std::vector<HistoryMeasure> measures;
  std::vector<HistoryRule> rules;
};

// Which entries are asked for; empty texts and 0 are any.
struct HistoryQuery {
  std::string campaign;
  std::string host;
  double scale = 0;
  std::int64_t since_ms = 0;
  std::size_t most = 1000;  // the latest
};

// What signoff remembers of every night: a SQLite file in WAL mode (docs/formats/history.md).
// Any number of processes may add and read at once; what add() returned from is on disk
// whatever is killed then. A lock is waited for, never shown: the wait ends with an Error only
// when another process held the file for a whole minute. All throw Error when the file is
// damaged, of a later version, or may not be read or written.
class HistoryDb {
 public:
  enum class Use : std::uint8_t {
    kRead,   // it must be there; its directory may be read-only
    kWrite,  // makes `path` and its directory, or goes on with it
  };
  explicit HistoryDb(const std::filesystem::path& path, Use use = Use::kWrite);
  HistoryDb(HistoryDb&&) noexcept;
  HistoryDb& operator=(HistoryDb&&) noexcept;
  ~HistoryDb();

  // Stores it, whole or not at all; its id. One with the same campaign, host, directory and start
  // replaces the former (a campaign that was resumed). REQUIRES: opened for writing.
  std::int64_t add(const HistoryEntry& entry);

  // The oldest first.
  std::vector<HistoryEntry> read(const HistoryQuery& query) const;

  // Removes the entries that started before, and gives the space back; how many they were.
  // REQUIRES: opened for writing.
  std::size_t prune(std::int64_t before_ms);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Where the history is when nobody says: $XDG_STATE_HOME/tidemark/history.db, or
// ~/.local/state/tidemark/history.db.
std::filesystem::path default_history();

}  // namespace tidemark
