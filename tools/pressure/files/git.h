#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/tree.h"
#include "tools/pressure/files/desk.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {

// Somebody who works with git in a real repository: a branch, changes to files of it, a
// commit of 50 files, back to main, a commit there, and the merge. Then a pause, and again
// with a new branch. git runs as a child process, with none of the user's settings, hooks
// or templates; the loop never waits for it.
class Git {
 public:
  // Throws Error when there is no git.
  Git(FileWork& work, const std::filesystem::path& directory, std::uint64_t seed);

  Time step();

 private:
  struct Piece {
    std::string what;                    // of the label: "commit", "switch", "merge"
    std::vector<std::string> arguments;  // of git; empty: `files` are written
    std::vector<std::string> files = {};
  };
  void plan_repository();
  void plan_round();
  Time write_some();
  Time wait_for_git();
  void start_git();
  std::string last_words() const;

  FileWork& work_;
  Desk desk_;  // the repository
  load::Random random_;
  std::filesystem::path errors_;  // of git
  std::deque<Piece> plan_;
  std::size_t written_ = 0;  // files of the first piece
  std::optional<Tree> tree_;
  Time started_ = 0;
  int round_ = 0;
};

}  // namespace tidemark::pressure
