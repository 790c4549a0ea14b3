#pragma once

#include <filesystem>
#include <string>

#include "tools/pressure/files/desk.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {

// A tool that changes everything at once: 200 files are made in ten directories, changed,
// renamed, moved with their directories, and removed; meanwhile a file of 16 MiB is
// written, a piece now and then. Then a pause, and again.
class Refactor {
 public:
  // Throws Error.
  Refactor(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed);

  Time step();

 private:
  enum class Phase : std::uint8_t { kMake, kChange, kRename, kMove, kRemove };
  int one(int which) const;
  int remove_one(int which) const;
  void write_large();
  Time end_phase();

  FileWork& work_;
  Desk desk_;
  mutable load::Random random_;
  Phase phase_ = Phase::kMake;
  int done_ = 0;    // pieces of the phase
  int pieces_ = 0;  // of the round
};

}  // namespace tidemark::pressure
