#include <unistd.h>

#include <string>

#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/cli/terminal.h"
#include "lib/report/folded.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

// Names may hold escape sequences, which a file keeps and a terminal must not get.
std::string for_terminal(const std::string& text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    safe += printable(std::string_view(text).substr(at, end - at)) + '\n';
    at = end + 1;
  }
  return safe;
}

}  // namespace

int fold_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  const Inputs inputs = read_inputs(args);
  const std::string& output = args.value("--output");
  // inferno prints stacks whose periods are all 0.
  const Zeros zeros = args.value("--compat") == "inferno" ? Zeros::kKept : Zeros::kLeftOut;
  const std::string folded = to_folded(inputs.profile, inputs.value, zeros);
  const bool shown = output == "-" && cli::is_terminal(STDOUT_FILENO);
  write_file(output, shown ? for_terminal(folded) : folded);
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
