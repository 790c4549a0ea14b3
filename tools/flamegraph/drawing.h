#pragma once

#include <string>

#include "lib/analyze/flame.h"
#include "lib/cli/tool.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"

namespace tidemark::flamegraph {

// The options of flamegraph.pl, read from a command line that has kDrawOptions.
// What is not given is as `look` says.
FlameStyle style_of(const cli::Args& args, const FlameLook& look);

// How the graph of `profile` is laid out for `style`.
FlameOptions layout_of(const cli::Args& args, std::size_t value, const FlameStyle& style);

}  // namespace tidemark::flamegraph
