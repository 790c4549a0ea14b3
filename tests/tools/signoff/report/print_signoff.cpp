// Writes a sample campaign into DIRECTORY with its runs and reports, and prints its page:
// print_signoff DIRECTORY sample|hostile|passed|rehearsal

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "tests/tools/signoff/report/sample_result.h"
#include "tools/signoff/report/report_verb.h"
#include "tools/signoff/report/result_json.h"

int main(int argc, char** argv) {
  using namespace tidemark::signoff;
  static const std::map<std::string_view, SignoffResult (*)()> kSamples = {
      {"sample", sample_result},
      {"hostile", hostile_result},
      {"passed", passed_result},
      {"rehearsal", rehearsal_result}};
  if (argc != 3 || !kSamples.contains(argv[2])) return 2;
  const SignoffResult result = kSamples.at(argv[2])();
  write_sample_runs(argv[1]);
  write_result(argv[1], result);
  write_all(argv[1], result);
  const tidemark::File page = tidemark::read_file(std::string(argv[1]) + "/report.html");
  return std::fwrite(page.bytes().data(), 1, page.bytes().size(), stdout) == page.bytes().size()
             ? 0
             : 1;
}
