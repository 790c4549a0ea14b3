#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "parsers/formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/read_stacks.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

Recording sample(const std::string& path) {
  return parse(read_file(std::string(TIDEMARK_TEST_DATA) + "/" + path));
}

TEST(GoGoroutines, HaveWhatTheyWaitForInnermostUnlessTheyRun) {
  EXPECT_THAT(
      stacks_in(
          kGoGoroutinesFormat,
          "panic: x\n\ngoroutine 1 [running]:\nmain.(*T).f(0x1?, {0x2, 0x3})\n\t/a.go:2 +0x1\n"
          "main.main()\n\t/a.go:9 +0x2 fp=0x1 sp=0x2 pc=0x3\n\ngoroutine 7 gp=0xc m=3 "
          "[chan receive, 3 minutes]:\nmain.wait(...)\n\t/a.go:1\ncreated by main.main in "
          "goroutine 1\n\t/a.go:3 +0x9\n\nrax 0x0\nexit status 2\n"),
      UnorderedElementsAre(Pair("main.main;main.(*T).f", 1), Pair("main.wait;[chan receive]", 1)));
}

TEST(GoGoroutines, KnowFileAndLine) {
  const auto frames = only_stack(kGoGoroutinesFormat,
                                 "goroutine 1 [running]:\nmain.main()\n\t/a b.go:9 +0x2 fp=0x1\n");
  EXPECT_THAT(frames, ElementsAre(Frame{.function = "main.main", .file = "/a b.go", .line = 9}));
}

TEST(GoGoroutines, NameTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kGoGoroutinesFormat, "goroutine 1 [running]:\nwhat\n"),
            "input:2: expected '<function>(<arguments>)' or an empty line, found 'what'");
  EXPECT_EQ(error_from(kGoGoroutinesFormat, "panic: x\n"),
            "input:2: expected 'goroutine <number> [<state>]:', found the end of the file");
}

TEST(GoPprof, ScalesTheHeapAsPprofDoes) {
  const Recording text = sample("go-pprof/heap-go1.19.txt");
  const Recording raw = sample("pprof-raw/heap-go1.19.txt");
  EXPECT_TRUE(text.profiles.at(0).sampled());
  EXPECT_EQ(text.profiles[0].default_value, 1U);
  // In pprof's file the order is alloc_objects, alloc_space, inuse_objects, inuse_space.
  EXPECT_EQ(stacks_of(text.profiles[0], 1), stacks_of(raw.profiles.at(0), 3));
}

TEST(GoPprof, LeavesTheHeapOfGperftoolsAlone) {
  const std::string_view go =
      "heap profile: 1: 8 [1: 8] @ heap/1024\n1: 8 [1: 8] @ 0x1\n#\t0x1\tf+0x1\ta.go:1\n";
  const std::string_view gperf =
      "heap profile: 1: 8 [1: 8] @ heap/1024\n1: 8 [1: 8] @ 0x1\n\nMAPPED_LIBRARIES:\n";
  EXPECT_EQ(recognize(go), &kGoPprofFormat);
  EXPECT_EQ(recognize(gperf), &kGperfHeapFormat);
}

TEST(GoPprof, CountsGoroutinesWithLabels) {
  EXPECT_THAT(
      stacks_in(kGoPprofFormat,
                "goroutine profile: total 3\n2 @ 0x1 0x2\n# labels: {\"a\":\"b\"}\n"
                "#\t0x1\tmain.f+0x1a\t/a.go:2\n#\t0x2\tmain.main+0x1\t/a.go:3\n\n1 @ 0x10\n\n"),
      UnorderedElementsAre(Pair("main.main;main.f", 2), Pair("0xf", 1)));
}

TEST(GoPprof, TurnsCyclesIntoNanosecondsAndUndoesSampling) {
  const std::string text =
      "--- mutex:\ncycles/second=2000000000\nsampling period=5\n4000000000 3 @ "
      "0x1\n#\t0x1\tf+0x1\ta:1\n";
  EXPECT_THAT(stacks_in(kGoPprofFormat, text, 0), UnorderedElementsAre(Pair("f", 15)));
  EXPECT_THAT(stacks_in(kGoPprofFormat, text, 1), UnorderedElementsAre(Pair("f", 10'000'000'000)));
}

TEST(GoPprof, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kGoPprofFormat, "goroutine profile: total 3\nmany @ 0x1\n"),
            "input:2: expected '<number> @ <addresses>', found 'many @ 0x1'");
  EXPECT_EQ(error_from(kGoPprofFormat, "--- mutex:\ncycles/second=0\n"),
            "input:2: expected 'cycles/second=<number above 0>', found 'cycles/second=0'");
  EXPECT_EQ(error_from(kGoPprofFormat, "goroutine profile: total 3\n"),
            "input:2: expected '<number> @ <addresses>', found the end of the file");
}

constexpr std::string_view kRaw =
    "PeriodType: cpu nanoseconds\nPeriod: 10\nDuration: 1.5\nSamples:\n"
    "samples/count cpu/nanoseconds\n   2  20: 1 2 \n      label:[x]\n   1  10: 2\n"
    "Locations\n     1: 0x10 M=1 main.f /a.go:3:1 s=2\n             main.main /a.go:9:2 s=0\n"
    "     2: 0x20 M=1 \nMappings\n1: 0x0/0x100/0x0 /bin/x abc [FN]\n";

TEST(PprofRaw, PutsInlinedFunctionsIntoTheirCallers) {
  EXPECT_THAT(stacks_in(kPprofRawFormat, kRaw, 1),
              UnorderedElementsAre(Pair("x+0x20;main.main;main.f", 20), Pair("x+0x20", 10)));
  const Recording recording = read_as(kPprofRawFormat, kRaw);
  EXPECT_EQ(recording.profiles[0].default_value, 1U);
  EXPECT_EQ(recording.profiles[0].duration_ns, 1'500'000'000);
  EXPECT_EQ(recording.profiles[0].mappings.at(0).build_id, "abc");
}

TEST(PprofRaw, SaysWhichLocationsAreCutOff) {
  const Recording recording = read_as(kPprofRawFormat, kRaw.substr(0, kRaw.find("     2: 0x20")));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(
      recording.warnings,
      ElementsAre("input:11: the file ends, and 2 of the samples' locations are not in it"));
}

TEST(PprofRaw, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kPprofRawFormat, "Samples:\nsamples/count\n 1 2: 1\n"),
            "input:3: expected '<value>...: <location>...', found ' 1 2: 1'");
  EXPECT_EQ(error_from(kPprofRawFormat, "Samples:\nsamples\n"),
            "input:2: expected '<type>/<unit>...' below 'Samples:', found 'samples'");
}

TEST(PprofSymbols, NameTheStacksOfATextProfile) {
  EXPECT_THAT(
      stacks_in(kPprofSymbolsFormat,
                "--- symbol\nbinary=./x\n0x1f main<0000000000001267>\n0x2f f--g--operator--\n---\n"
                "--- heap\nheap profile: 1: 8 [1: 8] @ heapprofile\n1: 8 [1: 8] @ 0x30 0x20\n"
                "MAPPED_LIBRARIES:\n0-1000 r-xp 0 0:0 0 /bin/x\n",
                1),
      UnorderedElementsAre(Pair("main;f;g;operator--", 8)));
}

TEST(PprofSymbols, TakeNothingOffTheAddressesOfAFile) {
  const Recording recording = sample("pprof-symbols/heap-2.10.raw");
  EXPECT_FALSE(recording.partial);
  EXPECT_EQ(stacks_of(recording.profiles.at(0))
                .at("_start;__libc_start_main_impl;__libc_start_call_main;main;load();grow(int)"),
            25600);
}

TEST(PprofSymbols, NameTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kPprofSymbolsFormat, "--- symbol\nbinary=x\nmain\n---\n"),
            "input:3: expected '0x<address> <function>' or '---', found 'main'");
  EXPECT_EQ(error_from(kPprofSymbolsFormat, "--- symbol\n---\n--- heap\nwhat"),
            "input, the profile behind line 3: expected a profile of gperftools or jemalloc, found "
            "something else");
}

}  // namespace
}  // namespace tidemark
