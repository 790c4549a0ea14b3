#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/process/tree.h"
#include "tools/signoff/campaign/placeholders.h"
#include "tools/signoff/run/plan.h"

namespace tidemark::signoff {

// Where a job runs and what it is given.
struct JobPlace {
  const Campaign* campaign = nullptr;
  std::filesystem::path root;  // the campaign's directory, absolute
  double scale = 1;
  std::vector<std::uint16_t> taken_ports;  // of jobs that run meanwhile
};

// One execution of a tool: made, started, waited for, stopped if need be. All that it started ends
// with it, and with us, whatever ends us (lib/process/tree.h).
class Job {
 public:
  // Fills in its command; starts nothing. Throws Error when that cannot be done.
  Job(const PlannedPhase& planned, const NextRun& next, const JobPlace& place);

  const std::vector<std::string>& command() const { return command_.arguments; }
  const std::filesystem::path& directory() const { return directory_; }
  const std::filesystem::path& log() const { return log_; }
  std::uint16_t port() const { return port_; }  // 0: it has none

  // Throws Error when the program cannot be started.
  void start();

  // How it ended, if it does within `limit`. REQUIRES: start() was called, as for all that follows.
  std::optional<End> wait(std::chrono::milliseconds limit);

  Duration elapsed() const;
  std::int64_t rss_bytes() const;

  // Asks it to stop, and goes on; stop() waits until nothing of it is left, and does not wait for
  // long once `at_once` says so.
  void ask_to_stop();
  End stop(const std::function<bool()>& at_once);

 private:
  using Clock = std::chrono::steady_clock;
  void add_tool(const RunPlan& run);
  void end_scratch() const;

  Command command_;
  std::filesystem::path directory_;
  std::filesystem::path scratch_;
  std::filesystem::path log_;
  bool needs_directory_ = false;  // its own directory is there when it starts
  std::chrono::milliseconds grace_{0};
  std::uint16_t port_ = 0;
  Clock::time_point started_;
  std::optional<Tree> tree_;
};

}  // namespace tidemark::signoff
