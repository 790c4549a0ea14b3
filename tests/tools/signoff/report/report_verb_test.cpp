#include "tools/signoff/report/report_verb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tests/tools/signoff/report/sample_result.h"
#include "tools/signoff/report/junit.h"
#include "tools/signoff/report/metrics.h"
#include "tools/signoff/report/result_json.h"

namespace tidemark::signoff {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int code = 0;
  std::string output;
  std::string errors;
};

// `signoff report` of a directory with the sample.
class ReportVerb : public testing::Test {
 protected:
  void SetUp() override { write_result(scratch_.path, sample_result()); }

  Outcome report(const std::vector<std::string>& options) {
    static constexpr std::array<cli::Verb, 1> kVerbs = {kReportVerb};
    const cli::Tool tool{.name = "signoff", .summary = "", .verbs = kVerbs, .file_verb = ""};
    std::vector<std::string> words = {"signoff", "report", scratch_.path.string()};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome{.code = cli::run_tool(tool, static_cast<int>(argv.size()), argv.data())};
    outcome.output = testing::internal::GetCapturedStdout();
    outcome.errors = testing::internal::GetCapturedStderr();
    return outcome;
  }

  Scratch scratch_;
};

TEST_F(ReportVerb, ExitsAsTheCampaignDid) {
  EXPECT_EQ(report({}).code, 1);
  write_result(scratch_.path, rehearsal_result());
  EXPECT_EQ(report({}).code, 4);
  write_result(scratch_.path, passed_result());
  EXPECT_EQ(report({}).code, 0);
}

TEST_F(ReportVerb, WritesTextOnATerminalAndWhatAFormatNames) {
  EXPECT_THAT(report({}).output, StartsWith("FAILED  release 1.4.2\n"));
  EXPECT_EQ(report({"--format", "json"}).output, to_json(sample_result()));
  EXPECT_EQ(report({"--format", "junit"}).output, result_junit(sample_result()));
  EXPECT_THAT(report({"--format", "openmetrics"}).output, EndsWith("# EOF\n"));
  for (const char* const format : {"html", "sarif", "markdown", "metrics", "github"})
    EXPECT_GT(report({"--format", format}).output.size(), 500) << format;
}

TEST_F(ReportVerb, GoesByTheNameOfTheFile) {
  const std::string file = (scratch_.path / "node.prom").string();
  EXPECT_EQ(report({"-o", file}).code, 1);
  EXPECT_EQ(std::string(read_file(file).bytes()), result_metrics(sample_result()));
}

TEST_F(ReportVerb, LinksOfAPageElsewhereLeadBackToTheCampaign) {
  const Scratch elsewhere;
  const std::string file = (elsewhere.path / "page.html").string();
  EXPECT_EQ(report({"-o", file}).code, 1);
  EXPECT_THAT(std::string(read_file(file).bytes()),
              HasSubstr("href=\"./../" + scratch_.path.filename().string() +
                        "/runs/service/normal/pressure.1/load.json\""));
}

TEST_F(ReportVerb, ADirectoryWithoutAResultIsAnErrorWithItsName) {
  std::filesystem::remove(scratch_.path / "signoff.json");
  const Outcome outcome = report({});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.errors, HasSubstr("found no signoff.json"));
}

}  // namespace
}  // namespace tidemark::signoff
