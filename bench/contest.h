#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tidemark::bench {

// One promise: we do a job at least `target` times as fast as a peer does it.
struct Contest {
  std::string job;       // "massif, 89 MB"
  double megabytes = 0;  // what is read, for the MB/s column; 0: leave it out
  std::function<void()> ours;
  std::vector<std::string> peer;  // a command; its output is thrown away
  double target = 1;              // of the peer's time by ours
};

// Runs both sides of each contest in turn, `rounds` times, so that a busy
// machine is busy for both, and prints a table of the best wall-clock times:
// job, ours, peer, ratio, target, met. Returns whether every target was met. A
// peer that is not installed, or fails, is said and counts as not met.
bool run(const std::vector<Contest>& contests, int rounds);

// What main() returns: the exit code of `bench`, or 3, with the Error on stderr,
// when it throws.
int guarded(const char* name, int (*bench)());

}  // namespace tidemark::bench
