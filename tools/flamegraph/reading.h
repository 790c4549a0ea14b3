#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/model/profile.h"

namespace tidemark::flamegraph {

// The profiles of what one or more files hold, before one is chosen.
struct Source {
  std::string name;               // for messages
  std::vector<Profile> profiles;  // of each event, process or snapshot, with symbols
  bool by_process = false;        // stacks start with a command
};

// What the options say about reading beyond the files themselves.
struct ReadingOptions {
  bool places = false;      // keep files and lines where folded names do not need them
  bool keep_time = false;   // fill Profile::timeline where the input has times
  bool by_thread = false;   // stacks start with COMMAND-PID/TID, unless an option says otherwise
  bool keep_order = false;  // fill it for folded text as well, whose lines then are in order
};

// Reads files, "-" and run directories, as kInputOptions and kPerfOptions say. Texts of
// perf script come as one Source, so that several are folded as one; every other path is
// a Source of its own. Warnings go to standard error.
std::vector<Source> read_sources(const std::vector<std::string>& paths, const cli::Args& args,
                                 const ReadingOptions& options);

// How many threads --threads allows; without it, one for each core.
std::size_t threads_of(const cli::Args& args);

// Prints "flamegraph: warning: `text`" to standard error.
void warn(const std::string& text);

}  // namespace tidemark::flamegraph
