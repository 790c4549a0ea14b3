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

// Lays out and adds to `style` what it leads to: a footer when frames are left out,
// and, with --cp, the colours of palette.map, which then has all of them.
FlameGraph drawn_graph(const cli::Args& args, const Profile& profile, const FlameOptions& options,
                       FlameStyle& style);

}  // namespace tidemark::flamegraph
