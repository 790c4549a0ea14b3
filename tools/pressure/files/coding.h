#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/pressure/files/desk.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {

// Somebody who edits a small project: now and then one of its files is saved, mostly as
// editors do (beside, then renamed), sometimes in place; sometimes a file is new, or goes.
class Coding {
 public:
  // Throws Error.
  Coding(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed);

  Time step();

 private:
  int edit();

  FileWork& work_;
  Desk desk_;
  load::Random random_;
  std::vector<std::string> files_;
  int named_ = 0;
};

}  // namespace tidemark::pressure
