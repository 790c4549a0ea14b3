#include "parsers/perf_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/stacks_of.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

Recording read(std::string_view text) {
  return kPerfScriptFormat.parse({.name = "input", .bytes = text});
}

Recording read_sample(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/perf-script/" + name);
  return kPerfScriptFormat.parse(file.input());
}

// The first event's stacks and values.
std::map<std::string, std::int64_t> stacks_in(std::string_view text) {
  return stacks_of(read(text).profiles.at(0));
}

TEST(PerfScript, AddsEqualStacksUpBelowTheirCommand) {
  EXPECT_THAT(
      stacks_in("a 1 [000] 1.5: 10 cycles: \n\t 1 f+0x1 (/bin/a)\n\t 2 main+0x2 (/bin/a)\n\n"
                "a 1 [001] 1.6: 20 cycles: \n\t 1 f+0x1 (/bin/a)\n\t 2 main+0x2 (/bin/a)\n\n"
                "b 2 1.7: 5 cycles: \n\t 2 main+0x2 (/bin/a)\n\n"),
      UnorderedElementsAre(Pair("a;main;f", 30), Pair("b;main", 5)));
}

TEST(PerfScript, ReadsEveryFormOfTheFirstLine) {
  EXPECT_THAT(stacks_in("my 2nd server 12/13 [000] 1.5: 7 cycles:u: \n\n"
                        "  V8 Worker 12 1.5: cycles:u: \n\n"
                        "x 12 cycles:u:\n\n"),
              UnorderedElementsAre(Pair("my_2nd_server", 7), Pair("V8_Worker", 1), Pair("x", 1)));
  EXPECT_EQ(read("x 12 cycles:u:\n").profiles.at(0).title, "cycles:u");
}

TEST(PerfScript, MakesOneProfileOfEachEvent) {
  const Recording recording = read("a 1 1.5: 10 cycles: \n\t 1 f (x)\n\na 1 1.5: 1 faults: \n\n");
  ASSERT_EQ(recording.profiles.size(), 2U);
  EXPECT_THAT(recording.profiles[0].value_types(),
              ElementsAre(ValueType{"cycles", "count"}, ValueType{"samples", "count"}));
  EXPECT_THAT(recording.profiles[0].total(), ElementsAre(10, 1));
  EXPECT_THAT(stacks_of(recording.profiles[1]), UnorderedElementsAre(Pair("a", 1)));
}

struct Name {
  std::string_view printed;
  std::string_view kept;
};

TEST(PerfScript, TidiesNamesAsFlameGraphAndInfernoDo) {
  for (const auto& [printed, kept] :
       {Name{"f+0x1f", "f"}, Name{"f(int, char)", "f"},
        Name{"ns::f<g(int)>(char)", "ns::f<g(int)>"}, Name{"(anonymous namespace)::f(int)", ""},
        Name{"a::(anonymous namespace)::f(int)", "a::(anonymous namespace)::f"},
        Name{"main.(*T).Run", "main.(*T).Run"}, Name{"a->b", "a;b_[i]"},
        Name{"[unknown]", "[libx.so]"}}) {
    const std::string text = "c 1 1.5: 1 e: \n\t 10 " + std::string(printed) + " (/lib/libx.so)\n";
    const std::string stack = kept.empty() ? "c" : "c;" + std::string(kept);
    EXPECT_THAT(stacks_in(text), UnorderedElementsAre(Pair(stack, 1))) << printed;
  }
}

TEST(PerfScript, ReadsFramesOnTheEventsLineButNoFields) {
  EXPECT_THAT(stacks_in("a 1 1.5: 1 e:  ffff schedule+0x23 ([kernel.kallsyms])\n"
                        "b 1 1.5: e: prev_comm=sleep prev_pid=22006\n"),
              UnorderedElementsAre(Pair("a;schedule", 1), Pair("b", 1)));
}

TEST(PerfScript, ReadsSourceLinesAndInlinedFrames) {
  const Recording recording =
      read("a 1 1.5: 1 e: \n\t 1 f (inlined)\n  a b.c:4\n\t 1 main+0x2 (/bin/a)\n  a.c:9\n\n");
  EXPECT_THAT(frames_of(recording.profiles.at(0), StackId{3}),
              ElementsAre(Frame{.function = "f", .file = "a b.c", .line = 4, .inlined = true},
                          Frame{.function = "main", .file = "a.c", .line = 9, .module = "/bin/a"},
                          Frame{.function = "a"}));
}

TEST(PerfScript, StartsANewSampleWithoutAnEmptyLine) {
  EXPECT_THAT(stacks_in("a 1 1.5: 1 e: \r\n\t 1 f (x)\r\nb 2 1.5: 1 e: \r\n\t 1 g (x)"),
              UnorderedElementsAre(Pair("a;f", 1), Pair("b;g", 1)));
}

TEST(PerfScript, SaysThatTheLastLineIsCut) {
  const Recording recording = read("a 1 1.5: 1 e: \n\t 1 f (x)\n\t 2 g (/li");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:3: the file ends inside this line; it is left out"));
  EXPECT_THAT(stacks_of(recording.profiles.at(0)), UnorderedElementsAre(Pair("a;f", 1)));
}

TEST(PerfScript, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kPerfScriptFormat, "\n# a comment\nwhat is this\n"),
            "input:3: expected '<command> <pid> <time>: <period> <event>:', found 'what is this'");
  EXPECT_EQ(error_from(kPerfScriptFormat, "a 1 1.5: 9223372036854775807 e:\n\na 1 1.5: 1 e:\n"),
            "input:3: a sum does not fit 64 bits");
}

TEST(PerfScript, LeavesOutWhatIsNotPerfsAndSaysSo) {
  const Recording recording = read("Warning: no map\na 1 1.5: 1 e: \n\t 1 f (x)\n\nwhat is this\n");
  EXPECT_THAT(stacks_of(recording.profiles.at(0)), UnorderedElementsAre(Pair("a;f", 1)));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:1: neither an event nor a frame, left out (2 such lines): "
                          "'Warning: no map'"));
}

TEST(PerfScript, CountsAPeriodThatDoesNotFitAsOne) {
  const Recording recording = read("a 1 1.5: 99999999999999999999 e: \n\n");
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(1, 1));
  EXPECT_THAT(recording.warnings, ElementsAre("input:1: a period of 2^63 or more counts as 1"));
}

TEST(PerfScript, SaysHowManyRecordsPerfLost) {
  const Recording recording = read(
      "a 1 [000] 1.5: PERF_RECORD_LOST lost 12\na 1 1.6: 1 e: \n\t 1 f (x)\n\n"
      "a 1 [000] 1.7: PERF_RECORD_LOST lost 5\n");
  EXPECT_THAT(recording.warnings, ElementsAre("input:1: perf lost 17 records"));
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(1, 1));
}

TEST(PerfScript, SaysThatTheLastSampleHasNoEnd) {
  EXPECT_THAT(read("a 1 1.5: 1 e: \n\t 1 f (x)\n").warnings,
              ElementsAre("input:2: no empty line behind the last sample, which may be cut off"));
}

TEST(PerfScript, ReadsDeepStacksAndLongLines) {
  std::string deep = "a 1 1.5: 1 e: \n";
  for (int i = 0; i < 100000; ++i) deep += "\t 1 f (x)\n";
  EXPECT_EQ(read(deep).profiles.at(0).stacks(), 100002U);
  const std::string name(10 << 20, 'x');
  EXPECT_EQ(stacks_in("a 1 1.5: 1 e: \n\t 1 " + name + " (x)\n").begin()->first, "a;" + name);
  EXPECT_EQ(error_from(kPerfScriptFormat, name).substr(0, 8), "input:1:");
}

TEST(PerfScript, ReadsASampleOfPerf) {
  const Recording recording = read_sample("cpu-clock.txt");
  EXPECT_FALSE(recording.partial);
  // 38 samples at 199 Hz.
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(38 * 5025125, 38));
  EXPECT_THAT(recording.profiles.at(0).value_types().at(0),
              (ValueType{"cpu-clock", "nanoseconds"}));
}

TEST(PerfScript, ReadsPerfsHeaderAndTwoEvents) {
  const Recording recording = read_sample("two-events.txt");
  ASSERT_EQ(recording.profiles.size(), 2U);
  EXPECT_EQ(recording.profiles[0].title, "page-faults");
  EXPECT_EQ(recording.profiles[1].title, "cpu-clock");
}

TEST(PerfScript, FoldsTheNamesThatRuntimesGive) {
  EXPECT_THAT(folded_runtime_names("void Hot.main(java.lang.String[])"),
              ElementsAre("void Hot.main"));
  EXPECT_THAT(folded_runtime_names("Ljava/util/Map;::get(I)->Ljava/lang/String;::hash"),
              ElementsAre("java/util/Map:::get", "java/lang/String:::hash_[i]"));
  EXPECT_THAT(folded_runtime_names("LazyCompile:~run /a.js:1"),
              ElementsAre("LazyCompile:~run /a.js:1"));
  EXPECT_THAT(folded_runtime_names("(odd)"), ElementsAre("(odd)"));
}

}  // namespace
}  // namespace tidemark
