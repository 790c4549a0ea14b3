#pragma once

#include "lib/cli/tool.h"

namespace tidemark::memprof {

// What each verb does; the exit code.
int run_verb(const cli::Args& args);
int report_verb(const cli::Args& args);
int diff_verb(const cli::Args& args);
int heap_verb(const cli::Args& args);
int attach_verb(const cli::Args& args);
int backends_verb(const cli::Args& args);

}  // namespace tidemark::memprof
