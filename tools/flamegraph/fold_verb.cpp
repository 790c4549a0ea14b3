#include <unistd.h>

#include <string>
#include <string_view>

#include "lib/base/file_writer.h"
#include "lib/base/lines.h"
#include "lib/cli/terminal.h"
#include "lib/report/folded.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

// Names may hold escape sequences, which a file keeps and a terminal must not get.
std::string for_terminal(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    safe += printable(text.substr(at, end - at)) + '\n';
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
  FileWriter writer(output);
  const bool shown = output == "-" && cli::is_terminal(STDOUT_FILENO);
  write_folded(inputs.profile, {.value = inputs.value, .zeros = zeros}, [&](std::string_view text) {
    shown ? writer.write(for_terminal(text)) : writer.write(text);
  });
  writer.keep();
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
