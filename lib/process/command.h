#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/run.h"

namespace tidemark {

// A program to start: a list of arguments, never a line for a shell.
struct Command {
  std::vector<std::string> arguments;              // the first is the program
  std::map<std::string, std::string> environment;  // set on top of our own
  std::vector<std::string> without;                // variables that it does not get
  std::filesystem::path directory;                 // to start in; empty: ours

  // The same, run by `wrapper`: its arguments come first.
  Command under(std::vector<std::string> wrapper) const;
};

// Where the program is that a shell would run for `name`; nothing when PATH has
// none. A name with a slash is taken as it is.
std::optional<std::filesystem::path> find_program(std::string_view name);

// What a command left that we ran to its end.
struct Finished {
  End end;
  std::string output;  // the first 16 MiB of what it wrote to standard output
  std::string errors;  // the same of standard error
};

// Runs `command` to its end (as Tree::ended() defines it), without standard
// input. One that takes longer than `limit` is killed with all that it started,
// and `end` says so; nothing that it started stays behind. Throws Error when it
// cannot be started.
Finished run_to_end(const Command& command, std::chrono::milliseconds limit);

}  // namespace tidemark
