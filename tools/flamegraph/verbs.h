#pragma once

#include "lib/cli/tool.h"

namespace tidemark::flamegraph {

// What each verb does; the exit code.
int fold_verb(const cli::Args& args);
int svg_verb(const cli::Args& args);
int convert_verb(const cli::Args& args);
int diff_verb(const cli::Args& args);
int html_verb(const cli::Args& args);
int top_verb(const cli::Args& args);

}  // namespace tidemark::flamegraph
