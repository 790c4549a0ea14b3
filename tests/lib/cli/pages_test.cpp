#include "lib/cli/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "lib/base/nearest.h"
#include "tests/lib/cli/sample_tool.h"

namespace tidemark::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kWidth = 80;

// What `command`, a line for the shell, prints when `input` is its $FILE.
std::string shell(const std::string& input, const std::string& command) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("tidemark-pages-" + std::to_string(::getpid()));
  write_file(file, input);
  std::string output;
  FILE* const pipe = ::popen(("FILE='" + file + "'; { " + command + "; } 2>&1").c_str(), "re");
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  ::pclose(pipe);
  std::filesystem::remove(file);
  return output;
}

TEST(HelpPage, ShowsUsageSentenceOptionsWithDefaultsAndExamples) {
  EXPECT_EQ(help_page(kSample, kVerbs[0], kWidth),
            "usage: sample run [OPTION]... -- TARGET [ARG]...\n"
            "\n"
            "Runs a target under a profiler.\n"
            "\n"
            "options:\n"
            "  -o, --output DIR     where the run goes\n"
            "  -w, --with PROFILER  the profiler to run under; one of memcheck, massif,\n"
            "                       helgrind (default: memcheck)\n"
            "      --rule FILE      rules to apply (may be repeated)\n"
            "      --all-frames     keep runtime frames - all of them\n"
            "  -h, --help           show this page\n"
            "\n"
            "examples:\n"
            "  sample run -o out -- ./service --port 1\n"
            "      runs the service\n"
            "\n"
            "  sample run --with massif -- true\n"
            "      runs true under massif\n");
}

TEST(HelpPage, OfAToolListsItsVerbs) {
  EXPECT_THAT(help_page(kSample, kWidth), HasSubstr("  run     Runs a target under a profiler.\n"));
  EXPECT_THAT(help_page(kSingle, kWidth), HasSubstr("usage: single [OPTION]... [FILE]..."));
}

TEST(ManPage, IsTroffWithoutWarnings) {
  ASSERT_EQ(std::system("command -v groff >/dev/null"), 0) << "groff is not installed";
  const std::string text = shell(man_page(kSample), "groff -man -ww -Tascii -P-cbou $FILE");
  EXPECT_THAT(text, HasSubstr("-o, --output DIR"));
  EXPECT_THAT(text, HasSubstr("keep runtime frames - all of them."));
  EXPECT_THAT(text, HasSubstr("sample run -o out -- ./service --port 1"));
  EXPECT_THAT(text, Not(HasSubstr("warning")));
}

std::string completed(const std::string& words, const std::string& position) {
  return shell(bash_completion(kSample), "bash -c '. $0; COMP_WORDS=(" + words + "); COMP_CWORD=" +
                                             position + "; _sample; echo ${COMPREPLY[@]}' $FILE");
}

TEST(BashCompletion, OffersVerbsOptionsAndChoices) {
  EXPECT_EQ(completed("sample r", "1"), "run report\n");
  EXPECT_EQ(completed("sample run --o", "2"), "--output\n");
  EXPECT_EQ(completed("sample run -w m", "3"), "memcheck massif\n");
  EXPECT_EQ(completed("sample run -- /et", "3"), "/etc\n");
}

TEST(MarkdownPage, HasARowForEachOption) {
  const std::string page = markdown_page(kSample);
  EXPECT_THAT(page, HasSubstr("## `sample run [OPTION]... -- TARGET [ARG]...`\n"));
  EXPECT_THAT(page, HasSubstr("| `-o`, `--output DIR` | where the run goes |\n"));
}

TEST(Nearest, ForgivesAThirdOfTheLetters) {
  const std::string_view names[] = {"report", "run", "diff"};
  EXPECT_EQ(nearest("reprot", names), "report");
  EXPECT_EQ(nearest("dif", names), "diff");
  EXPECT_EQ(nearest("watch", names), "");
}

}  // namespace
}  // namespace tidemark::cli
