#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tools/signoff/alert/destination.h"

namespace tidemark::signoff {

// A text on its way to a destination.
struct Letter {
  const Destination* to = nullptr;
  std::string json;
  std::string id;  // Idempotency-Key: the same when the same is sent again
  std::map<std::string, std::string> words;        // for the placeholders of a command
  std::map<std::string, std::string> environment;  // of a command
  std::filesystem::path file;                      // of `json`
  std::filesystem::path log;                       // for the output of a command
};

// What became of it.
struct Receipt {
  bool delivered = false;
  int attempts = 0;
  int status = 0;     // of HTTP, or the command's exit code; 0: there was none
  std::string error;  // without secrets; empty: none
};

struct Pace {
  std::chrono::milliseconds each{60'000};  // that a destination may take
  std::chrono::milliseconds answer{10'000};
  std::chrono::milliseconds first_pause{1'000};
};

// Delivers all: those over http at once, then those over https and the commands, one after the
// other. `done(i, receipt)` is called for each letter as soon as it is known what became of it.
// What is not accepted is tried again for as long as there is time; a command is run once.
void deliver(const std::vector<Letter>& letters, const Pace& pace,
             std::chrono::steady_clock::time_point deadline,
             const std::function<void(std::size_t, const Receipt&)>& done);

}  // namespace tidemark::signoff
