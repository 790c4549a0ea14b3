#include "tools/pressure/check_verb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark::pressure {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Outcome {
  int code = 0;
  std::string output;
  std::string errors;
};

// `pressure check` of a scenario with this text.
class CheckVerb : public testing::Test {
 protected:
  Outcome check(const std::string& text, std::vector<std::string> options = {}) {
    const std::string file = (scratch_.path / "x.toml").string();
    write_file(file, text);
    static constexpr cli::Verb kVerbs[] = {kCheckVerb};
    const cli::Tool tool{.name = "pressure", .summary = "", .verbs = kVerbs, .file_verb = ""};
    std::vector<std::string> words = {"pressure", "check", file};
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

constexpr std::string_view kLoad =
    "load = { stages = [{ rate = 2, hold = '1m' }] }\nmix = { home = { get = '/' } }\n";

TEST_F(CheckVerb, SaysWhatWouldRunAndThatAllIsHere) {
  const Outcome outcome = check("target = 'http://127.0.0.1:1'\n" + std::string(kLoad));
  EXPECT_EQ(outcome.code, cli::kOk) << outcome.errors;
  EXPECT_THAT(outcome.output, StartsWith("x.toml: 1m of load on http://127.0.0.1:1\n"));
  EXPECT_THAT(outcome.output, HasSubstr("  100.0 %          120  home  GET /\n"));
  EXPECT_THAT(outcome.output, HasSubstr("\nNeeds:\n  ok       the target is this machine\n"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("missing")));
}

TEST_F(CheckVerb, SaysWhatIsMissingHere) {
  const Outcome outcome =
      check("target = 'http://192.0.2.1'\n" + std::string(kLoad) +
            "[beside]\nsql = { postgres = 'dbname=x', clients = 1000000000, file = 'none.sql' }\n"
            "other = { exec = ['no-such-program'] }\n");
  EXPECT_EQ(outcome.code, cli::kUsage);
  const Outcome missing =
      check("target = 'http://192.0.2.1'\n" + std::string(kLoad) +
            "[beside]\nsql = { postgres = 'dbname=x', clients = 1000000, file = 'none.sql' }\n"
            "other = { exec = ['no-such-program'] }\n"
            "[[fault]]\nat = '1s'\ninject = 'pause 1s'\n");
  EXPECT_EQ(missing.code, cli::kFound);
  EXPECT_THAT(missing.output, HasSubstr("missing  the target is this machine: 192.0.2.1: not"));
  EXPECT_THAT(missing.output, HasSubstr("--i-own-this-target 192.0.2.1"));
  EXPECT_THAT(missing.output, HasSubstr("none.sql, for beside.sql: "));
  EXPECT_THAT(missing.output,
              HasSubstr("missing  no-such-program, for beside.other: not found in PATH\n"));
  EXPECT_THAT(missing.output, HasSubstr("missing  the fault \"pause 1s\": "));
}

TEST_F(CheckVerb, ChecksTheStatementsToo) {
  write_file(scratch_.path / "mix.sql", "-- weight: much name: a\nselect 1;\n");
  const Outcome outcome = check(std::string("target = 'http://127.0.0.1'\n") + std::string(kLoad) +
                                "beside = { sql = { postgres = 'dbname=x', file = 'mix.sql' } }\n");
  EXPECT_EQ(outcome.code, cli::kUsage);
  EXPECT_THAT(outcome.errors, HasSubstr("mix.sql:1"));
}

TEST_F(CheckVerb, TakesAnotherTarget) {
  const Outcome outcome = check(std::string(kLoad), {"--target", "http://127.0.0.1:9/v2"});
  EXPECT_EQ(outcome.code, cli::kOk);
  EXPECT_THAT(outcome.output, HasSubstr("GET /v2/\n"));
  EXPECT_EQ(check(std::string(kLoad)).code, cli::kFound);
}

}  // namespace
}  // namespace tidemark::pressure
