#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "lib/soak/soak_judge.h"
#include "tools/leakwatch/watch/target.h"

namespace tidemark::leakwatch {

// What a soak that goes on knows from before.
struct Former {
  std::int64_t last_ms = 0;  // its last row; 0: there is none
  std::int64_t watched_ms = 0;
  std::int64_t rows = 0;
  int lives = 0;
  bool known = false;  // the target; else the watcher was killed before it kept anything
  Remembered target;
  bool same_boot = false;  // as far as known
};

// So much of the time between two rows counts as watched.
std::int64_t watched_between(std::int64_t passed_ms, std::int64_t every_ms);

// Reads the soak in `directory`, and shows its rows to `judge`. Throws Error.
Former read_former(const std::filesystem::path& directory, std::int64_t every_ms,
                   soak::SoakJudge& judge);

// What of the target must be kept for that, as texts of series.db.
soak::Texts texts_of(const Remembered& target);

// Which boot of the machine this is.
std::string this_boot();

}  // namespace tidemark::leakwatch
