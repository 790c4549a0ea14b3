#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/run.h"
#include "lib/process/tree.h"

namespace tidemark::memprof {

// The load on the target: a command that runs to its end, and is started again
// as often as `repeat` says so. One that fails, or that ends at once, is not
// repeated.
class Load {
 public:
  struct Plan {
    std::vector<std::string> command;
    std::filesystem::path output;  // both its outputs, one run after the other
    bool repeat = false;
  };
  explicit Load(Plan plan);

  // Whether it is under way; starts it again when it ended and is to be.
  bool running();

  // How it ended, and how often it ran.
  const std::optional<End>& end() const { return end_; }
  int rounds() const { return rounds_; }

  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  void start();

  Plan plan_;
  std::optional<Tree> tree_;
  std::optional<End> end_;
  Clock::time_point started_;
  int rounds_ = 0;
};

}  // namespace tidemark::memprof
