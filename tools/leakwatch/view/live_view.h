#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/cli/full_screen.h"
#include "lib/model/run.h"
#include "tools/leakwatch/view/screen.h"
#include "tools/leakwatch/watch/members.h"

namespace tidemark::leakwatch {

// The live view of `leakwatch watch` on the terminal. What was said meanwhile is said
// again on standard output when the view is gone, so that it stays readable.
//
//   LiveView view(run, settings, directory);  loop { view.say(...);  view.show(...);  wait;
//   view.follow(); }
class LiveView {
 public:
  // Whether standard output is a terminal for it.
  static bool possible() { return cli::FullScreen::possible(1); }

  // `directory`: the soak's, where sites.json will be. A soak that is gone on with shows
  // what it had.
  LiveView(const Run& run, const soak::SoakSettings& settings, std::filesystem::path directory);
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  ~LiveView();

  struct Moment {
    std::int64_t at_ms = 0;
    std::int64_t watched_ms = 0;
    std::int64_t lives = 0;
    bool alive = true;
    const soak::Values& values;
    const std::vector<Member>& members;
    const verdict::LeakVerdict& verdict;
  };
  void show(const Moment& moment);

  // A line for people: an alarm, a restart.
  void say(const std::string& line);

  // Draws again when the terminal has another size, or was left meanwhile.
  void follow();

 private:
  void take_processes(const Moment& moment);
  void take_series(std::int64_t at_ms, const soak::Values& values);
  void take_former();
  void take_sites();
  void draw();

  struct First {  // of a process
    std::int64_t anon_bytes = 0;
    std::int64_t cpu_ms = 0;  // at the look before
    std::int64_t look = 0;    // the last one in which it lived
  };

  Shown shown_;
  Look look_;
  std::filesystem::path directory_;
  std::filesystem::file_time_type sites_written_;
  std::map<std::pair<std::int64_t, std::uint64_t>, First> known_;  // by pid and start
  std::vector<std::string> said_;
  std::int64_t looks_ = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> counted_;  // when, how many requests
  std::optional<cli::FullScreen> screen_;
};

}  // namespace tidemark::leakwatch
