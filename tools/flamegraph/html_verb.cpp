#include <string>

#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/report/flame_html.h"
#include "lib/report/flame_look.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {

int html_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  Inputs inputs = read_inputs(args, {.places = true, .keep_time = true});
  inputs.profile.default_value = inputs.value;  // the page opens with it
  const std::string& title = args.value("--title");
  cli::ProgressLine progress;
  progress.show("drawing");
  const std::string html =
      flame_html(inputs.profile,
                 {.title = title.empty() ? look_of(inputs.profile, inputs.value).title : title,
                  .subtitle = args.value("--subtitle"),
                  .source = inputs.name,
                  .roots = inputs.by_process ? FlameRoots::kProcesses : FlameRoots::kFunctions,
                  .grain = args.given("--lines") ? FlameGrain::kLines : FlameGrain::kFunctions});
  progress.clear();
  write_file(args.value("--output"), html);
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
