#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/soak/soak.h"
#include "tools/leakwatch/serve/history.h"

namespace tidemark::leakwatch {

// One run directory that is shown.
struct ShownSoak {
  std::string id;  // its directory's name; with ~2, ~3 when there are several of that name
  std::filesystem::path directory;
  std::optional<soak::Soak> soak;  // nothing: not read yet, or see `problem`
  std::string problem;             // why it cannot be read
  std::int64_t sites_ms = 0;       // when its sites.json was written; 0: it has none
};

// A row as viewers get it.
struct FreshRow {
  std::int64_t at_ms = 0;
  std::vector<History::Value> values;
};

// What happened to one soak since the look before.
struct News {
  std::size_t soak = 0;     // a place in Soaks::all()
  bool changed = false;     // more than its rows: state, verdict, events, processes
  bool began_anew = false;  // its history was read from the start
  std::vector<FreshRow> rows;
};

// The soaks of some places, followed as they grow. A place is a run directory of
// leakwatch, or a directory that has some, now or later.
class Soaks {
 public:
  // Throws Error when a place is no directory.
  explicit Soaks(std::vector<std::filesystem::path> places);
  Soaks(const Soaks&) = delete;
  Soaks& operator=(const Soaks&) = delete;
  ~Soaks();

  // Looks at what changed. Costs a few system calls for each soak that did not; reads
  // one soak from its start at most, so that a hundred of them do not hold up the others.
  // Never throws because of a soak: its `problem` says what is wrong with it.
  std::vector<News> look();

  // Whether every soak was read once.
  bool complete() const;

  // Only grows.
  const std::vector<ShownSoak>& all() const;

  // The place of the soak with that id; nothing when there is none.
  std::optional<std::size_t> find(std::string_view id) const;

  // For charts. What has ended is read again when it was not asked for in a while.
  const History& history(std::size_t soak);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::leakwatch
