#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/full_screen.h"
#include "tools/pressure/view/shown.h"

namespace tidemark::pressure {

// What a run looks like while it goes on: a page on a terminal that is drawn anew each
// second; in a pipe a line every 10 s and at the end of each stage. Both go to `fd`.
//
//   LiveView view(fd, ...);  begin_stage, take..., begin_stage, take..., end
class LiveView {
 public:
  LiveView(int fd, std::string scenario, std::string target, std::int64_t send_lag_limit_ns);
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  ~LiveView();  // as end()

  // The second that ends with a stage may be taken after the next one began.
  void begin_stage(StageAhead stage);
  void take(const Moment& moment);

  // A line for people: a fault, a warning. The page shows the last ones, and leaves all of
  // them behind on the terminal.
  void say(const std::string& line);

  // Draws again when the terminal has another size, or was left meanwhile.
  void follow();

  // The last stage is over, and the terminal as it was before.
  void end();

 private:
  void draw();
  void print(const std::string& line) const;
  void end_stage();

  int fd_;
  Shown shown_;
  std::vector<std::string> said_;
  std::int64_t printed_ms_ = 0;
  bool in_stage_ = false;
  std::optional<cli::FullScreen> screen_;
};

// The plain line of a moment, and that of a stage that is over.
std::string moment_line(const Shown& shown);
std::string stage_line(const Shown& shown);

}  // namespace tidemark::pressure
