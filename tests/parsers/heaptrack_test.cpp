#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_samples.h"

namespace tidemark {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Recording read(std::string_view text) {
  return kHeaptrackFormat.parse({.name = "input", .bytes = text});
}

const std::string kHead =
    "v 10400 3\nX ./prog\nI 1000 5e298f\ns 4 main\ns 1 f\ns 5 a.cpp\ns 6 /bin/a\n"
    "i 10 4 1 3 c\nt 1 0\ni 20 4 2 3 1a\nt 2 1\na 64 2\na c8 1\n";
const std::string kEnd = "# strings: 4\n# ips: 2\n";

// tests/data: leak_three() keeps 3 blocks of 100 bytes, temporary() frees each of
// 50 at once, mixed() frees the last 20 of 40, big() keeps 100 of 256.
TEST(Heaptrack, CountsWhatTheProgramAllocated) {
  const Recording recording = sample("heaptrack/prog-1.4.zst");
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_EQ(recording.producer_version, "1.4.0");
  EXPECT_EQ(recording.processes.at(0).command, "./prog");
  const auto leaves = leaves_of(recording.profiles.at(0));
  EXPECT_THAT(leaves, Contains(Pair("leak_three", ElementsAre(3, 300, 0, 300, 3, 300))));
  EXPECT_THAT(leaves, Contains(Pair("temporary", ElementsAre(50, 50000, 50, 0, 0, 0))));
  EXPECT_THAT(leaves, Contains(Pair("mixed", ElementsAre(40, 15040, 1, 4320, 20, 4320))));
  EXPECT_THAT(leaves, Contains(Pair("big", ElementsAre(100, 25600, 0, 25600, 100, 25600))));
}

// heaptrack_print --disable-builtin-suppressions: 195 calls, 51 temporary, peak
// 107.02K, leaked 34.32K, peak RSS 4.12M; 4771 calls, 33 temporary, 279.57K, 8.94K, 6.75M.
TEST(Heaptrack, HasTheTotalsOfHeaptrackPrint) {
  EXPECT_THAT(sample("heaptrack/prog-1.4.zst").profiles.at(0).total(),
              ElementsAre(195, 167740, 51, 107020, 124, 34316));
  const Recording sqlite = sample("heaptrack/sqlite-1.4.gz");
  EXPECT_THAT(sqlite.profiles.at(0).total(), ElementsAre(4771, 802735, 33, 279567, 15, 8937));
  EXPECT_EQ(sqlite.series.at(1).name, "rss");
  EXPECT_EQ(sqlite.series.at(1).points.back().value, 6754304);
}

TEST(Heaptrack, GivesHeapAndResidentMemoryOverTime) {
  const Recording recording = read(kHead + "+ 0\nc a\nR 10\n+ 1\nc 14\nR 20\n- 0\n" + kEnd);
  const Series& heap = recording.series.at(0);
  EXPECT_EQ(heap.name, "heap");
  EXPECT_EQ(heap.at_unit, "ms");
  EXPECT_THAT(heap.points, ElementsAre(Point{10, 100}, Point{20, 300}, Point{20, 200}));
  EXPECT_THAT(recording.series.at(1).points, ElementsAre(Point{10, 0x10000}, Point{20, 0x20000}));
}

TEST(Heaptrack, TakesWhatEachStackHeldAtThePeakOfAll) {
  const Recording recording = read(kHead + "+ 0\n+ 0\n+ 1\n- 0\n- 1\n+ 0\n" + kEnd);
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              UnorderedElementsAre(Pair("f < main", ElementsAre(3, 300, 0, 200, 2, 200)),
                                   Pair("main", ElementsAre(1, 200, 0, 200, 0, 0))));
}

TEST(Heaptrack, CountsWhatIsFreedNextAsTemporary) {
  EXPECT_EQ(read(kHead + "+ 1\n- 1\n+ 1\n+ 0\n- 1\n" + kEnd).profiles.at(0).total()[2], 1);
}

// heaptrack_print 1.4 says "temporary memory allocations: 2" of this.
TEST(Heaptrack, CountsTheFirstAllocationAfterAFreeAsHeaptrackPrintDoes) {
  EXPECT_EQ(read(kHead + "+ 0\n+ 1\n- 1\n- 0\n" + kEnd).profiles.at(0).total()[2], 2);
}

TEST(Heaptrack, PutsInlinedFunctionsInsideTheirCallers) {
  const Recording recording = read(
      "v 10400 3\nX a\nI 1000 1\ns 1 f\ns 1 g\ns 3 x.c\ns 6 /bin/a\n"
      "i 10 4 1 3 c 2 3 d\nt 1 0\na 8 1\n+ 0\n" +
      kEnd);
  EXPECT_THAT(
      frames_of(recording.profiles.at(0), StackId{2}),
      ElementsAre(
          Frame{.function = "f",
                .file = "x.c",
                .line = 12,
                .module = "/bin/a",
                .address = 0x10,
                .inlined = true},
          Frame{.function = "g", .file = "x.c", .line = 13, .module = "/bin/a", .address = 0x10}));
}

TEST(Heaptrack, ReadsTextsWithNewlinesAndCommandsToo) {
  const Recording recording = read(
      "v 10400 3\nX python3 -c a\nI b\nt c\nI 1000 5e\ns 3 a\nb\ni 10 0 1\nt 1 0\na 8 1\n+ 0\n" +
      kEnd);
  EXPECT_EQ(recording.processes.at(0).command, "python3 -c a\nI b\nt c");
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              ElementsAre(Pair("a\nb", ElementsAre(1, 8, 0, 8, 1, 8))));
}

TEST(Heaptrack, ReadsTextsWithoutLengthsInOlderFiles) {
  const Recording recording =
      read("v 10200 2\nX a\nI 1000 1\ns main loop\ni 10 0 1\nt 1 0\na 8 1\n+ 0\n" + kEnd);
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              ElementsAre(Pair("main loop", ElementsAre(1, 8, 0, 8, 1, 8))));
}

TEST(Heaptrack, ReadsAFileOfAKilledRecorderUpToTheCut) {
  const Recording recording = read(kHead + "+ 0\n+ 1\n- 1");
  EXPECT_TRUE(recording.partial);
  EXPECT_FALSE(recording.processes.at(0).finished);
  EXPECT_EQ(recording.profiles.at(0).total()[0], 2);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:15: the file ends here, before its end mark; 2 allocations and "
                          "frees before it are whole"));
}

TEST(Heaptrack, ReadsUpToATextThatGoesBeyondTheFile) {
  const Recording recording = read(kHead + "+ 0\ns ff main\n+ 0\n");
  EXPECT_TRUE(recording.partial);
  EXPECT_EQ(recording.profiles.at(0).total()[0], 1);
}

TEST(Heaptrack, NamesTheLineThatIsWrong) {
  const auto error = [](const std::string& more) {
    return error_from(kHeaptrackFormat, kHead + more);
  };
  EXPECT_EQ(error("+ 2\n"), "input:14: expected an allocation below 2, found '+ 2'");
  EXPECT_EQ(error("+ x\n"), "input:14: expected hexadecimal numbers, found '+ x'");
  EXPECT_EQ(error("t 3 0\n"), "input:14: expected an instruction from 1 to 2, found 't 3 0'");
  EXPECT_EQ(error("t 1 3\n"), "input:14: expected a trace up to 2, found 't 1 3'");
  EXPECT_EQ(error("a 8000000000000000 1\n"),
            "input:14: expected a size below 2^63, found 'a 8000000000000000 1'");
  EXPECT_EQ(error("a 7fffffffffffffff 1\n+ 2\n+ 2\n"), "input:16: a sum does not fit 64 bits");
  EXPECT_EQ(error("c 10\nc f\n"), "input:15: expected a time in ms from 10, found 'c f'");
  EXPECT_EQ(error("?\n"), "input:14: expected a command of heaptrack, found '?'");
  EXPECT_EQ(error("i 1 9\n"), "input:14: expected a text up to 4, found 'i 1 9'");
  EXPECT_EQ(error_from(kHeaptrackFormat, "v 10400 3"),
            "input:1: expected 'v <version> <file version>', found the end of the file");
  EXPECT_THAT(error_from(kHeaptrackFormat, "v 10600 4\n"),
              HasSubstr("file version 4 of heaptrack 1.6.0; versions 1 to 3 are known"));
  EXPECT_THAT(error_from(kHeaptrackFormat, "v 10400 3\nx 4 /bin\n"),
              HasSubstr("this is heaptrack's raw data"));
  EXPECT_THAT(error_from(kHeaptrackFormat, "v 10400 3\n"),
              HasSubstr("expected allocations after this line"));
}

TEST(Heaptrack, RefusesInstructionsThatExpandWithoutBound) {
  std::string text = "v 10400 3\nX a\nI 1000 1\ns 1 f\ni 10 0";
  for (int i = 0; i < 20000; ++i) text += " 1 0 1";
  text += "\n";
  for (int i = 0; i < 2000; ++i) text += "t 1 " + std::to_string(i == 0 ? 0 : 1) + "\n";
  EXPECT_THAT(error_from(kHeaptrackFormat, text), HasSubstr("at most 32 frames a byte"));
}

}  // namespace
}  // namespace tidemark
