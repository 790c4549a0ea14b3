#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/tree.h"

namespace tidemark::leakwatch {

// Runs commands one after the other while a soak goes on, and ends those that take
// too long with all that they started.
//
//   jobs.add(job);  loop { for (text : jobs.advance()) say(text); }
class Jobs {
 public:
  struct Job {
    std::string name;  // for people: "--on-alarm"
    Command command;
    std::filesystem::path output;  // both its outputs
    std::chrono::milliseconds limit{600'000};
  };

  void add(Job job);

  // What ended, or could not be started, since the last call, for people.
  std::vector<std::string> advance();

  bool busy() const { return tree_.has_value() || !waiting_.empty(); }

 private:
  using Clock = std::chrono::steady_clock;
  void start(std::vector<std::string>& news);

  std::deque<Job> waiting_;
  std::optional<Job> running_;
  std::optional<Tree> tree_;
  Clock::time_point deadline_;
};

}  // namespace tidemark::leakwatch
