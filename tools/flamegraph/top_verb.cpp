#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/analyze/top.h"
#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/cli/values.h"
#include "lib/report/top_table.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

void sort_by(const std::string& key, std::vector<FunctionTotal>& functions) {
  if (key == "total") {
    std::ranges::stable_sort(functions, std::ranges::greater{}, &FunctionTotal::total);
  }
  if (key == "name") std::ranges::stable_sort(functions, {}, &FunctionTotal::function);
}

}  // namespace

int top_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  const auto limit = cli::count_of(args.value("--limit"), "--limit");
  const Inputs inputs = read_inputs(args, {.places = true});
  std::vector<FunctionTotal> functions = top(inputs.profile, inputs.value);
  sort_by(args.value("--sort"), functions);
  const std::string& output = args.value("--output");
  const bool terminal = output == "-" && cli::is_terminal(STDOUT_FILENO);
  write_file(output, top_table(inputs.profile, inputs.value, functions,
                               {.limit = static_cast<std::size_t>(limit),
                                .width = terminal ? cli::width(STDOUT_FILENO) : 0,
                                .colour = terminal && cli::wants_colour(STDOUT_FILENO)}));
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
