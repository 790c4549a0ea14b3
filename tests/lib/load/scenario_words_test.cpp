// What `pressure check` says of each example, held against tests/data/scenario/words. After
// a change that is meant: TIDEMARK_UPDATE=1 ctest -R ScenarioWords, and read the diff.
#include "lib/load/scenario_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using testing::HasSubstr;

std::vector<std::filesystem::path> scenarios() {
  const std::filesystem::path data(TIDEMARK_TEST_DATA);
  std::vector<std::filesystem::path> files = {data / "scenario/everything.toml"};
  for (const auto& entry : std::filesystem::directory_iterator(data / "../../examples/scenarios")) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST(ScenarioWords, AreThoseThatAreKept) {
  EXPECT_GE(scenarios().size(), 12U);
  for (const std::filesystem::path& path : scenarios()) {
    const File file = read_file(path);
    const std::string words = scenario_words(parse_scenario(file.input()));
    const std::filesystem::path kept = std::filesystem::path(TIDEMARK_TEST_DATA) /
                                       "scenario/words" / (path.stem().string() + ".txt");
    if (std::getenv("TIDEMARK_UPDATE") != nullptr) {
      std::filesystem::create_directories(kept.parent_path());
      write_file(kept, words);
    }
    EXPECT_EQ(std::string(read_file(kept).bytes()), words) << path;
  }
}

TEST(ScenarioWords, CountWhatIsExpectedOverRamps) {
  const Stage stage{.rate = 500, .ramp = std::chrono::seconds(10), .hold = std::chrono::seconds(2)};
  EXPECT_EQ(expected_arrivals(stage, 100), 3000 + 1000);
}

TEST(ScenarioWords, SendNothingUntrustedToTheTerminal) {
  const std::string words =
      scenario_words(parsed(with("x = { post = '/x', json = { a = \"\\u001b[31m\" }, "
                                 "expect = { contains = \"\\u001b[0m\" } }\n")));
  EXPECT_EQ(words.find('\x1b'), std::string::npos);
}

std::vector<std::string> needs(const Scenario& scenario) {
  std::vector<std::string> all;
  for (const Need& need : needs_of(scenario)) all.push_back(need.what + " for " + need.why);
  return all;
}

TEST(Needs, AreWhatAScenarioCannotRunWithout) {
  EXPECT_THAT(
      needs(parsed(with("[beside]\n"
                        "sql = { postgres = 'dbname=x', clients = 8, file = 'a.sql' }\n"
                        "git = { files = 'd', as = 'git' }\n"
                        "other = { exec = ['k6', 'run'] }\n"
                        "feed = { sse = '/e', clients = 30 }\n"
                        "[[fault]]\n"
                        "at = '1m'\n"
                        "inject = ['connections 5000', 'half-open 10 1s', 'cpu 50% 1s']\n"))),
      testing::ElementsAre("a.sql for beside.sql", "git for beside.git", "k6 for beside.other",
                           "6148 open files for connections"));
  EXPECT_THAT(needs(parsed("pid = 4711\nload = { arrivals = 'closed', stages = [{ clients = 7, "
                           "hold = '1s' }] }\nmix = { a = { get = '/' } }\n")),
              testing::ElementsAre("a target for the mix", "4711 for pid",
                                   "107 open files for connections"));
}

}  // namespace
}  // namespace tidemark::load
