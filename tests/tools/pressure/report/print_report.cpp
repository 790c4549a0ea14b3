// Writes a sample run into DIRECTORY with its report, and prints the page or the text:
// print_load_report DIRECTORY html|text

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "tests/lib/load/sample_run.h"
#include "tools/pressure/report/load_html.h"
#include "tools/pressure/report/load_run.h"
#include "tools/pressure/report/load_text.h"

int main(int argc, char** argv) {
  using namespace tidemark::pressure;
  if (argc != 3) return 2;
  tidemark::load::write_sample_run(argv[1]);
  const LoadRun run = read_load_run(argv[1]);
  const std::string html = load_html(run);
  tidemark::write_file(std::filesystem::path(argv[1]) / "report.html", html);
  const std::string text = std::string_view(argv[2]) == "html" ? html : load_text(run);
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
