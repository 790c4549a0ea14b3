#include "lib/cli/tool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/lib/cli/sample_tool.h"

namespace tidemark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

struct Outcome {
  int code = 0;
  std::string output;
  std::string errors;
};

Outcome call(const Tool& tool, std::vector<std::string> words) {
  words.insert(words.begin(), std::string(tool.name));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  CaptureStdout();
  CaptureStderr();
  Outcome outcome;
  outcome.code = run_tool(tool, static_cast<int>(argv.size()), argv.data());
  outcome.output = GetCapturedStdout();
  outcome.errors = GetCapturedStderr();
  return outcome;
}

Outcome sample(std::vector<std::string> words) { return call(kSample, std::move(words)); }

TEST(RunTool, GivesTheVerbItsOptionsDefaultsAndRest) {
  EXPECT_EQ(sample({"run", "-o", "out", "--rule=a", "--rule", "b", "--", "ls", "-o", "--"}).code,
            kFound);
  const Args& args = last_args();
  EXPECT_EQ(args.value("--output"), "out");
  EXPECT_EQ(args.value("--with"), "memcheck");
  EXPECT_FALSE(args.given("--with"));
  EXPECT_FALSE(args.given("--all-frames"));
  EXPECT_THAT(args.values("--rule"), ElementsAre("a", "b"));
  EXPECT_THAT(args.rest(), ElementsAre("ls", "-o", "--"));
  EXPECT_EQ(args.command_line().at(1), "run");
}

TEST(RunTool, TakesValuesAsTheyAre) {
  sample({"run", "--rule", "[a,b]", "--rule", "-x", "--rule=a=b", "-o", "-", "--", "x"});
  EXPECT_THAT(last_args().values("--rule"), ElementsAre("[a,b]", "-x", "a=b"));
  EXPECT_EQ(last_args().value("--output"), "-");
}

TEST(RunTool, TakesOperandsAmongOptionsAndAfterDashes) {
  call(kSingle, {"a", "--all-frames", "-", "--", "-x"});
  EXPECT_THAT(last_args().operands(), ElementsAre("a", "-", "-x"));
  EXPECT_TRUE(last_args().given("--all-frames"));
  EXPECT_EQ(last_args().operand_or("-"), "a");
}

struct Mistake {
  std::vector<std::string> words;
  std::string errors;
};

TEST(RunTool, SaysWhatIsWrongAndWhatWasMeant) {
  const std::string usage =
      "  hint: usage: sample run [OPTION]... -- TARGET [ARG]...; sample run --help says more\n";
  const Mistake mistakes[] = {
      {{"rn"}, "sample: there is no verb 'rn'\n  hint: did you mean sample run?\n"},
      {{"frobnicate"}, "sample: there is no verb 'frobnicate'\n  hint: sample --help lists them\n"},
      {{}, "sample: which verb?\n  hint: sample --help lists them\n"},
      {{"run", "--outptu=x", "--", "x"},
       "sample: sample run has no option '--outptu'\n  hint: did you mean --output?\n"},
      {{"run", "--frobnicate", "--", "x"},
       "sample: sample run has no option '--frobnicate'\n" + usage},
      {{"run", "--with", "masif", "--", "x"},
       "sample: --with does not know 'masif'\n"
       "  hint: did you mean massif? It takes one of memcheck, massif, helgrind\n"},
      {{"run", "-o"}, "sample: --output needs a value: DIR\n" + usage},
      {{"run", "--output=", "x"}, "sample: --output= is given without its DIR\n"},
      {{"run", "--all-frames=yes", "--", "x"}, "sample: --all-frames takes no value\n"},
      {{"run", "-o", "a", "-o", "b", "--", "x"},
       "sample: --output is given 2 times; it takes one value\n"},
      {{"run"}, "sample: sample run needs -- and TARGET\n" + usage},
      {{"run", "ls"},
       "sample: sample run does not know what to do with 'ls'\n"
       "  hint: put -- before the command: sample run [OPTION]... -- TARGET [ARG]...\n"},
      {{"diff", "a"},
       "sample: sample diff needs B\n"
       "  hint: usage: sample diff [OPTION]... A B; sample diff --help says more\n"},
      {{"--completion", "fish"}, "sample: --completion knows one shell: bash\n"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome outcome = sample(mistake.words);
    EXPECT_EQ(outcome.code, kUsage) << mistake.errors;
    EXPECT_EQ(outcome.errors, mistake.errors);
    EXPECT_EQ(outcome.output, "");
  }
}

TEST(RunTool, PicksTheExitCodeByTheError) {
  Outcome outcome = sample({"fail", "error"});
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_EQ(outcome.errors, "sample: x.xml:3: expected '<', found '>'\n  hint: look at the file\n");
  outcome = sample({"fail", "usage"});
  EXPECT_EQ(outcome.code, kUsage);
  EXPECT_EQ(outcome.errors, "sample: rules.toml:1: no such rule\n");
  outcome = sample({"fail", "internal"});
  EXPECT_EQ(outcome.code, kFailed);
  EXPECT_EQ(outcome.errors, "sample: internal error: promise broken\n");
}

// Runs `sample fail output` with `fd` as standard output, and ends the process.
[[noreturn]] void print_much_to(int fd) {
  ::dup2(fd, STDOUT_FILENO);
  std::string words[] = {"sample", "fail", "output"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  ::_exit(run_tool(kSample, 3, argv.data()));
}

TEST(RunTool, NoticesAFullDisk) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(print_much_to(::open("/dev/full", O_WRONLY | O_CLOEXEC)),
              testing::ExitedWithCode(kFailed), "sample: standard output: No space left on device");
}

TEST(RunTool, NoticesAReaderThatIsGone) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EXIT(print_much_to(ends[1]), testing::ExitedWithCode(kFailed),
              "sample: standard output: Broken pipe");
  ::close(ends[1]);
}

TEST(RunTool, PrintsTheVersion) {
  EXPECT_EQ(sample({"--version"}).output, "sample " TIDEMARK_VERSION "\n");
}

TEST(RunTool, ShowsHelpForToolAndVerbButNotAfterDashes) {
  EXPECT_THAT(sample({"--help"}).output, HasSubstr("usage: sample VERB [OPTION]..."));
  EXPECT_THAT(sample({"run", "-h"}).output, HasSubstr("usage: sample run [OPTION]... -- TARGET"));
  EXPECT_EQ(sample({"run", "--", "ls", "--help"}).code, kFound);
}

}  // namespace
}  // namespace tidemark::cli
