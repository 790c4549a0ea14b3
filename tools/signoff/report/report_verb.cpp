#include "tools/signoff/report/report_verb.h"

#include <unistd.h>

#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "tools/signoff/report/github.h"
#include "tools/signoff/report/html.h"
#include "tools/signoff/report/junit.h"
#include "tools/signoff/report/markdown.h"
#include "tools/signoff/report/metrics.h"
#include "tools/signoff/report/report_files.h"
#include "tools/signoff/report/result_json.h"
#include "tools/signoff/report/sarif.h"
#include "tools/signoff/report/text.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;

// What a file's name says.
std::string format_of(const std::string& output) {
  const std::string extension = fs::path(output).extension().string();
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".json") return "json";
  if (extension == ".xml") return "junit";
  if (extension == ".sarif") return "sarif";
  if (extension == ".prom") return "metrics";
  return extension == ".md" ? "markdown" : "text";
}

// From the directory of the page to that of the campaign, as the start of links.
std::string base_of(const fs::path& directory, const std::string& output) {
  const fs::path from = output == "-" ? fs::current_path() : fs::absolute(output).parent_path();
  const fs::path way = fs::relative(directory, from);
  return way.empty() || way == "." ? "" : way.string() + "/";
}

std::string page_of(const fs::path& directory, SignoffResult result, const std::string& output) {
  ReportFiles files = look_at_files(directory, result);
  files.base = base_of(directory, output);
  return result_html(result, files);
}

std::string text_of(const SignoffResult& result, const std::string& output) {
  TextOptions options;
  if (output == "-" && cli::is_terminal(STDOUT_FILENO))
    options = {.width = cli::width(STDOUT_FILENO), .look = cli::look_of(STDOUT_FILENO)};
  return result_text(result, options);
}

}  // namespace

int report_verb(const cli::Args& args) {
  const fs::path path = args.operands().at(0);
  const fs::path directory = fs::is_directory(path) ? path : path.parent_path();
  const SignoffResult result = read_result(path);
  write_report(result, directory.empty() ? "." : directory,
               {.format = args.given("--format") ? args.value("--format") : "",
                .output = args.value("--output")});
  return result.exit_code();
}

void write_report(const SignoffResult& result, const fs::path& directory, const ReportTask& task) {
  const std::string format = task.format.empty() ? format_of(task.output) : task.format;
  std::string text;
  if (format == "html") text = page_of(directory, result, task.output);
  if (format == "json") text = to_json(result);
  if (format == "junit") text = result_junit(result);
  if (format == "sarif") text = result_sarif(result);
  if (format == "markdown") text = result_markdown(result);
  if (format == "metrics") text = result_metrics(result);
  if (format == "openmetrics") text = result_metrics(result, MetricsFormat::kOpenMetrics);
  if (format == "github") text = result_github(result);
  if (format == "text") text = text_of(result, task.output);
  write_file(task.output, text);
}

void write_all(const fs::path& directory, const SignoffResult& result) {
  SignoffResult shown = result;
  const ReportFiles files = look_at_files(directory, shown);
  write_file(directory / "report.html", result_html(shown, files));
  write_file(directory / "junit.xml", result_junit(result));
  write_file(directory / "signoff.sarif", result_sarif(result));
  write_file(directory / "summary.md", result_markdown(result));
  write_file(directory / "metrics.prom", result_metrics(result));
}

}  // namespace tidemark::signoff
