#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/model/profile.h"
#include "tools/flamegraph/reading.h"

namespace tidemark::flamegraph {

// What the files of a command line hold, as one profile with symbols.
struct Inputs {
  Profile profile;
  std::size_t value = 0;    // index of the value type that is shown
  std::string name;         // of the files, for people
  bool by_process = false;  // stacks start with a command
};

// Reads the operands, standard input when there are none, as kInputOptions say;
// several are merged. What the reader must know goes to standard error. Throws
// Error when there is nothing to show: silence would look like success.
Inputs read_inputs(const cli::Args& args, const ReadingOptions& options = {});

// The same for these files, "-", or run directories.
Inputs read_inputs(const std::vector<std::string>& paths, const cli::Args& args,
                   const ReadingOptions& options = {});

// Prints the formats there are, when --list-formats asks for them.
bool listed_formats(const cli::Args& args);

}  // namespace tidemark::flamegraph
