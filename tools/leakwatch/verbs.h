#pragma once

#include "lib/cli/tool.h"

namespace tidemark::leakwatch {

// What each verb does; the exit code.
int report_verb(const cli::Args& args);
int serve_verb(const cli::Args& args);
int account_verb(const cli::Args& args);
int simulate_verb(const cli::Args& args);
int sites_verb(const cli::Args& args);
int watch_verb(const cli::Args& args);

}  // namespace tidemark::leakwatch
