#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/file.h"
#include "lib/process/tree.h"
#include "tests/lib/scratch.h"

namespace tidemark {

// A program of tests/programs that runs, with its output in a file.
class Hosted {
 public:
  explicit Hosted(std::vector<std::string> command)
      : tree_(Tree::start(
            {.arguments = std::move(command)},
            {.output = scratch_.path / "output", .errors = scratch_.path / "output"})) {}

  pid_t pid() const { return tree_.root(); }
  const std::filesystem::path& directory() const { return scratch_.path; }

  std::string output() const { return std::string(read_file(scratch_.path / "output").bytes()); }

  // Whether `text` turned up in the output in time.
  bool says(const std::string& text, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (output().find(text) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end || tree_.ended()) {
        return output().find(text) != std::string::npos;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  Tree& tree() { return tree_; }

 private:
  Scratch scratch_;
  Tree tree_;
};

}  // namespace tidemark
