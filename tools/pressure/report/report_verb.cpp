#include "tools/pressure/report/report_verb.h"

#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/run/load_file.h"
#include "tools/pressure/report/load_html.h"
#include "tools/pressure/report/load_run.h"
#include "tools/pressure/report/load_text.h"
#include "tools/pressure/report/load_words.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

// What a file's name says, unless a format was asked for.
std::string format_of(const cli::Args& args) {
  if (args.given("--format")) return args.value("--format");
  const std::string extension = fs::path(args.value("--output")).extension().string();
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".json") return "json";
  if (extension == ".xml") return "junit";
  return extension == ".md" ? "markdown" : "text";
}

std::string written(const LoadRun& run, std::string_view format) {
  if (format == "html") return load_html(run);
  if (format == "json") return to_json(run.result);
  if (format == "markdown") return load_markdown(run);
  return format == "junit" ? load_junit(run) : load_text(run);
}

}  // namespace

int report_verb(const cli::Args& args) {
  const LoadRun run = read_load_run(args.operands().at(0));
  write_file(args.value("--output"), written(run, format_of(args)));
  return exit_code(run.result.ending);
}

}  // namespace tidemark::pressure
