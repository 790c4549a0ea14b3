#include <string>

#include "lib/analyze/flame.h"
#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"
#include "tools/flamegraph/drawing.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

// Folded text with two columns, as `flamegraph diff` and difffolded.pl write it.
bool has_two_columns(const Profile& profile) {
  const auto& types = profile.value_types();
  return types.size() == 2 && types[0].name == "before" && types[1].name == "after";
}

}  // namespace

int svg_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  const bool chart = args.given("--flamechart");
  const Inputs inputs = read_inputs(args, {.keep_time = chart, .keep_order = chart});
  FlameStyle style = style_of(args, look_of(inputs.profile, inputs.value));
  FlameOptions options = layout_of(args, inputs.value, style);
  if (has_two_columns(inputs.profile) && !args.given("--value")) {
    options.compared = 0;
    style.difference = true;
  }
  cli::ProgressLine progress;
  progress.show("drawing");
  const FlameGraph graph = drawn_graph(args, inputs.profile, options, style);
  const std::string svg = flame_svg(graph, style);
  progress.clear();
  write_file(args.value("--output"), svg);
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
