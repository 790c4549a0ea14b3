#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/model/run.h"
#include "lib/process/tree.h"

namespace tidemark {

// What `--load` names, as a command.
struct LoadCommand {
  std::vector<std::string> arguments;
  bool scenario = false;  // pressure's, to which more options may be given
};

// "redis-benchmark -n 1000" is a command, "FILE.toml [OPTION]..." a scenario of pressure, with
// options of its `run`. It is found beside our own executable or in PATH. Throws UsageError
// when there is no such file or program.
LoadCommand parse_load(const std::string& text);

// The files that a scenario leaves in the run directory that it is given, and their formats.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kScenarioFiles = {
    {{"load.json", "json"}, {"load.hlog", "hdr-log"}}};

// Why a scenario ended as it did, by pressure's exit code; empty: well.
std::string_view scenario_trouble(const End& end);

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

}  // namespace tidemark
