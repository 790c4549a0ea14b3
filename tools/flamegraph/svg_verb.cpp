#include <string>

#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"
#include "tools/flamegraph/drawing.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {

int svg_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  const Inputs inputs = read_inputs(args);
  const FlameStyle style = style_of(args, look_of(inputs.profile, inputs.value));
  cli::ProgressLine progress;
  progress.show("drawing");
  const FlameGraph graph = flame_graph(inputs.profile, layout_of(args, inputs.value, style));
  const std::string svg = flame_svg(graph, style);
  progress.clear();
  write_file(args.value("--output"), svg);
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
