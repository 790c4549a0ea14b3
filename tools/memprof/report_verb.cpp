#include <fmt/format.h>

#include <string>

#include "lib/analyze/value_names.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "tools/memprof/documents.h"
#include "tools/memprof/output.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

// Makes the value that is called `name` the one that is shown of every profile that has it.
void choose_value(Document& document, const std::string& name) {
  bool found = false;
  for (Profile& profile : document.profiles) {
    if (const auto value = value_named(profile, name)) {
      profile.default_value = *value;
      found = true;
    }
  }
  if (found) return;
  throw UsageError(fmt::format("--value: no profile here has {}", tidemark::quoted(name)),
                   document.profiles.empty() ? "there is no profile in it"
                                             : "it has " + value_names(document.profiles.back()));
}

}  // namespace

int report_verb(const cli::Args& args) {
  Document document =
      read_document(args.operands().at(0), {.suppressions = args.value("--suppressions"),
                                            .baseline = args.value("--baseline"),
                                            .root = args.value("--root")});
  if (args.given("--value")) choose_value(document, args.value("--value"));
  const std::string& output = args.value("--output");
  write_file(output, written(document, args.value("--format"),
                             options_for(output, args.given("--all-frames"))));
  return exit_code_of(document.verdict);
}

}  // namespace tidemark::memprof
