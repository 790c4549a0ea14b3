// One text, read in many ways: the result is the same.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/folded.h"
#include "parsers/perf_script.h"
#include "parsers/perf_script_timeline.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

// Some 20 MB: every sample of recorded ones, many times, each time under another
// command.
std::string large_text() {
  std::string text;
  for (const char* name : {"gxx", "rustc", "node"}) {
    const File file = read_file(fmt::format("{}/perf-script/{}.txt.gz", TIDEMARK_TEST_DATA, name));
    text += decompress(file).file.bytes();
  }
  std::string all;
  for (int i = 0; i < 35; ++i)
    all += fmt::format("c{} 1 1.5: 3 cpu-clock: \n\t 1 f (x)\n\n", i) + text;
  return all;
}

Recording read(std::string_view text, const PerfScriptOptions& options) {
  const Input input = {.name = "input", .bytes = text};
  return parse_perf_script({&input, 1}, options);
}

// All that a profile holds, in its own order.
std::string dump(const Profile& profile) {
  std::string text;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    const auto self = profile.self(StackId{i});
    text += fmt::format("{} {} {} {}\n", static_cast<std::uint32_t>(profile.caller(StackId{i})),
                        profile.frame(profile.leaf(StackId{i})).function, self[0], self[1]);
  }
  return text;
}

TEST(PerfScriptThreads, GiveTheSameProfileHoweverManyThereAre) {
  const std::string text = large_text();
  const std::string alone = dump(read(text, {.threads = 1}).profiles.at(0));
  for (const std::size_t threads : {2U, 3U, 8U}) {
    EXPECT_TRUE(dump(read(text, {.threads = threads}).profiles.at(0)) == alone) << threads;
  }
}

TEST(PerfScriptThreads, NameTheSameLineHoweverManyThereAre) {
  std::string text = large_text();
  text.insert(text.find("\n\n", text.size() / 2) + 2, "what is this\n\n");
  const auto warnings = read(text, {.threads = 1}).warnings;
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_EQ(read(text, {.threads = 4}).warnings, warnings);
}

TEST(PerfScriptThreads, NameTheSumThatDoesNotFit) {
  std::string text = large_text();
  const std::string half = "c1 1 1.5: 4611686018427387904 cpu-clock: \n\t 1 f (x)\n\n";
  text += half + large_text() + half;
  const auto error = [&](std::size_t threads) -> std::string {
    try {
      read(text, {.threads = threads});
      return "no error";
    } catch (const Error& problem) {
      return problem.what();
    }
  };
  EXPECT_THAT(error(1), testing::EndsWith(": a sum does not fit 64 bits"));
  EXPECT_EQ(error(3), error(1));
}

TEST(PerfScriptFiles, AddUp) {
  const std::string one = "a 1 1.5: 1 e: \n\t 1 f (x)\n\n";
  const std::string two = "a 1 1.5: 2 e: \n\t 1 f (x)\n\nb 1 1.5: 4 e: \n\t 1 f (x)\n";
  const std::vector<Input> inputs = {{.name = "one", .bytes = one}, {.name = "two", .bytes = two}};
  const Recording recording = parse_perf_script(inputs, {});
  EXPECT_EQ(to_folded(recording.profiles.at(0), 0), "a;f 3\nb;f 4\n");
  EXPECT_THAT(recording.warnings,
              ElementsAre("two:5: no empty line behind the last sample, which may be cut off"));
}

TEST(PerfScriptTime, KeepsTheSamplesInTheirOrder) {
  const Recording recording =
      read("a 1 10.000002: 5 e: \n\t 1 f (x)\n\na 1 10.000001: 7 e: \n\t 1 g (x)\n\n",
           {.keep_time = true});
  const auto& timeline = recording.profiles.at(0).timeline;
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(timeline[0].at, 10'000'001'000);
  EXPECT_EQ(timeline[0].value, 7);
  EXPECT_EQ(frames_of(recording.profiles[0], timeline[0].stack).at(0).function, "g");
}

TEST(PerfScriptTime, KeepsEverySecondSampleWhenThereAreTooMany) {
  perf_script::Timeline timeline(4);
  for (int i = 0; i < 9; ++i) timeline.add({.time = fmt::format("{}.5", i), .node = 0, .value = i});
  perf_script::Tree::Profiles profiles;
  profiles.list.emplace_back(std::vector<ValueType>{});
  profiles.places.resize(1);
  timeline.put(profiles);
  std::vector<std::int64_t> kept;
  for (const Moment& moment : profiles.list[0].timeline) kept.push_back(moment.value);
  EXPECT_THAT(kept, ElementsAre(0, 4, 8));
  EXPECT_EQ(timeline.warning(), "one of 4 samples keeps its time: 3 of 9");
}

}  // namespace
}  // namespace tidemark
