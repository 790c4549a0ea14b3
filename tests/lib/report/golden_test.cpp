// Each report of the sample documents, held against tests/data/report. After a
// change that is meant: TIDEMARK_UPDATE=1 ctest -R Golden, and read the diff.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

struct Case {
  const char* name;
  Document (*document)();
};

void expect_golden(const std::string& file, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(TIDEMARK_TEST_DATA) / "report" / file;
  if (std::getenv("TIDEMARK_UPDATE") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text);
  }
  EXPECT_EQ(std::string(read_file(path).bytes()), text) << path;
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, EveryFormatWritesWhatIsKept) {
  for (const ReportFormat* format : all_reports()) {
    if (format->name == "pprof") continue;  // binary; pprof_writer_test reads it back
    std::string text = format->write(GetParam().document(), sample_options());
    // The page's style and script have tests of their own.
    if (format->name == "html")
      text = text.substr(text.find("<main>"), text.find("</main>") - text.find("<main>"));
    expect_golden(std::string(GetParam().name) + "." + std::string(format->name) +
                      std::string(format->extension),
                  text);
  }
}

INSTANTIATE_TEST_SUITE_P(Report, Golden,
                         testing::Values(Case{"sample", sample_document},
                                         Case{"clean", clean_document},
                                         Case{"failed", failed_document}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace tidemark
