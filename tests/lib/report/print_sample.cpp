// Writes a sample report to standard output, for the browser test and for eyes:
//   print_sample sample|hostile|clean|failed FORMAT

#include <cstdio>
#include <string>

#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

int main(int argc, char** argv) {
  using namespace tidemark;
  if (argc != 3) return 2;
  const std::string which = argv[1];
  const Document document = which == "hostile"  ? hostile_document()
                            : which == "clean"  ? clean_document()
                            : which == "failed" ? failed_document()
                                                : sample_document();
  const std::string text = report_named(argv[2]).write(document, sample_options());
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
