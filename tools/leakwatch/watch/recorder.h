#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/run/series_db.h"
#include "lib/soak/columns.h"
#include "lib/soak/soak_judge.h"
#include "tools/leakwatch/watch/members.h"
#include "tools/leakwatch/watch/smaps_budget.h"

namespace tidemark::leakwatch {

// A value of the service itself, in thousandths.
struct MetricValue {
  std::string name;
  std::int64_t thousandths = 0;
};

// Writes a soak's series.db. A disk that is full does not end a soak: rows wait in
// memory, and what was lost or late is said as an event once it can be written.
class Recorder {
 public:
  explicit Recorder(const std::filesystem::path& file);

  void set(const soak::Texts& texts);
  void event(std::int64_t at_ms, std::string kind, std::string text, std::int64_t pid = 0);

  struct Row {
    std::int64_t at_ms = 0;
    const soak::Values& values;
    const std::vector<MetricValue>& metrics;
    const Members& members;
    const SmapsBudget* smaps = nullptr;
  };
  void add(const Row& row);

  // Hands over what waits. When that begins to fail or works again, a line for
  // people says so.
  std::optional<std::string> flush(std::int64_t at_ms);

  // Why the last attempt failed; empty: it did not.
  const std::string& trouble() const { return trouble_; }

 private:
  void add_processes(const Row& row);
  void add_process(const Row& row, const Member& member);
  bool admit(const Row& row, const Member& member);

  struct Process {
    std::uint64_t start_ticks = 0;
    std::vector<SeriesId> series;  // in the order of kProcessColumns
  };

  SeriesWriter writer_;
  std::vector<std::optional<SeriesId>> columns_;
  std::map<std::string, SeriesId> metrics_;
  std::map<pid_t, Process> processes_;
  std::vector<std::size_t> largest_;
  std::int64_t rows_ = 0;
  std::size_t admitted_ = 0;
  std::string trouble_;
  std::int64_t trouble_since_ms_ = 0;
  std::int64_t most_waiting_ = 0;
};

}  // namespace tidemark::leakwatch
