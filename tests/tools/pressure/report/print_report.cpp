// Writes a sample run into DIRECTORY, and its report: print_report DIRECTORY [FORMAT]

#include <cstdio>
#include <string>

#include "tests/lib/load/sample_run.h"
#include "tools/pressure/report/load_run.h"
#include "tools/pressure/report/load_text.h"
#include "tools/pressure/report/report_verb.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string directory = argv[1];
  tidemark::load::write_sample_run(directory);
  tidemark::pressure::write_load_report(directory);
  if (argc > 2)
    std::fputs(tidemark::pressure::load_text(tidemark::pressure::read_load_run(directory)).c_str(),
               stdout);
}
