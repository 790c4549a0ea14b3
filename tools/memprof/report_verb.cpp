#include <string>

#include "lib/base/file.h"
#include "tools/memprof/documents.h"
#include "tools/memprof/output.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {

int report_verb(const cli::Args& args) {
  const Document document = read_document(
      args.operands().at(0),
      {.suppressions = args.value("--suppressions"), .baseline = args.value("--baseline")});
  const std::string& output = args.value("--output");
  write_file(output, written(document, args.value("--format"),
                             options_for(output, args.given("--all-frames"))));
  return exit_code_of(document.verdict);
}

}  // namespace tidemark::memprof
