#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/analyze/growth_report.h"
#include "lib/report/soak_files.h"
#include "lib/soak/envelope.h"
#include "lib/soak/soak.h"
#include "tools/leakwatch/serve/history.h"

namespace tidemark::leakwatch {

// A soak with everything that a report of it shows.
struct Night {
  soak::Soak soak;
  History history;
  soak::Envelope memory;                  // anonymous and swapped; bytes
  soak::Envelope load;                    // thousandths of requests a second
  std::optional<GrowthReport> sites;      // sites.json, when there is one
  std::optional<AccountSummary> account;  // account.json, when there is one
  std::string watched_failure;            // as verdict.json has it
  std::vector<std::string> problems;      // with these files

  // Why the target cannot be judged: it crashed; empty: it did not.
  std::string failure() const;
  // Alarms about limits, in order.
  std::vector<std::string> limits() const;
  // As that of `leakwatch watch`: a target that crashed comes first, then a limit, and the
  // verdict.
  int exit_code() const;
  // One sentence: failure, limits and verdict.
  std::string headline() const;
};

// Reads a run directory of leakwatch, whole, however it ended. Throws Error.
Night read_night(const std::filesystem::path& directory);

// Those soaks directly in `directory` that began at or after `since_ms`, the oldest first.
// What is broken is named in `problems`. Throws Error when `directory` cannot be read.
std::vector<Night> read_nights(const std::filesystem::path& directory, std::int64_t since_ms,
                               std::vector<std::string>& problems);

}  // namespace tidemark::leakwatch
