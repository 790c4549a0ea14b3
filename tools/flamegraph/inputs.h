#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/cli/tool.h"
#include "lib/model/profile.h"

namespace tidemark::flamegraph {

// What the files of a command line hold, as one profile with symbols.
struct Inputs {
  Profile profile;
  std::size_t value = 0;  // index of the value type that is shown
};

// Reads the operands, standard input when there are none, as kInputOptions say;
// several are merged. What the reader must know goes to standard error. Throws
// Error when there is nothing to show: silence would look like success.
Inputs read_inputs(const cli::Args& args);

// The same for one file, "-", or run directory.
Inputs read_input(const std::string& path, const cli::Args& args);

// Prints the formats there are, when --list-formats asks for them.
bool listed_formats(const cli::Args& args);

// Prints "flamegraph: warning: `text`" to standard error.
void warn(const std::string& text);

}  // namespace tidemark::flamegraph
