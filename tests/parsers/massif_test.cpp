#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/stacks_of.h"

namespace tidemark {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::string_view kHeader = "desc: --time-unit=B\ncmd: ./a b\ntime_unit: B\n";

struct Sizes {
  std::int64_t time;
  std::int64_t heap;
  std::int64_t extra = 0;
  std::int64_t stacks = 0;
};

std::string snapshot(int number, Sizes sizes, std::string_view tree = "empty\n") {
  return fmt::format(
      "#-----------\nsnapshot={}\n#-----------\ntime={}\nmem_heap_B={}\nmem_heap_extra_B={}\n"
      "mem_stacks_B={}\nheap_tree={}",
      number, sizes.time, sizes.heap, sizes.extra, sizes.stacks, tree);
}

Recording read(const std::string& snapshots) {
  return kMassifFormat.parse({.name = "input", .bytes = std::string(kHeader) + snapshots});
}

Recording read_sample(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/massif/" + name);
  return kMassifFormat.parse(file.input());
}

std::string error_in(const std::string& snapshots) {
  return error_from(kMassifFormat, std::string(kHeader) + snapshots);
}

const Series& series(const Recording& recording, std::string_view name) {
  for (const Series& one : recording.series) {
    if (one.name == name) return one;
  }
  throw Error("no such series");
}

TEST(Massif, AddsHeapExtraAndStacksUp) {
  const Recording recording = read(snapshot(0, {.time = 0, .heap = 0}) +
                                   snapshot(1, {.time = 96, .heap = 80, .extra = 16, .stacks = 4}));
  EXPECT_THAT(series(recording, "heap").points, ElementsAre(Point{0, 0}, Point{96, 80}));
  EXPECT_THAT(series(recording, "heap extra").points, ElementsAre(Point{0, 0}, Point{96, 16}));
  EXPECT_THAT(series(recording, "stacks").points, ElementsAre(Point{0, 0}, Point{96, 4}));
  EXPECT_THAT(series(recording, "total").points, ElementsAre(Point{0, 0}, Point{96, 100}));
  EXPECT_EQ(series(recording, "total").at_unit, "bytes");
  EXPECT_EQ(recording.processes.at(0).command, "./a b");
}

constexpr std::string_view kTree =
    "detailed\n"
    "n3: 1000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
    " n2: 700 0x10: f(int (*)(char)) (a b.c:12)\n"
    "  n0: 400 0x20: main (a b.c:20)\n"
    "  n0: 200 0x30: ??? (in /usr/lib/x.so)\n"
    " n0: 250 0x40: operator new(unsigned long)\n"
    " n0: 50 in 3 places, all below massif's threshold (1.00%)\n";

TEST(Massif, TurnsTreesRoundSoThatStacksStartAtMain) {
  const Recording recording = read(snapshot(0, {.time = 5, .heap = 1000}, kTree));
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(stacks_of(profile),
              UnorderedElementsAre(
                  Pair("main;f(int (*)(char))", 400), Pair("x.so [0x30];f(int (*)(char))", 200),
                  Pair("f(int (*)(char))", 100), Pair("operator new(unsigned long)", 250),
                  Pair("in 3 places, all below massif's threshold (1.00%)", 50)));
  EXPECT_EQ(profile.at, 5);
  EXPECT_EQ(profile.at_unit, "bytes");
  EXPECT_THAT(profile.value_types(), ElementsAre(ValueType{"inuse_space", "bytes"}));
}

TEST(Massif, ReadsFileLineAndModule) {
  const Recording recording = read(snapshot(0, {.time = 5, .heap = 1000}, kTree));
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(
      frames_of(profile, StackId{2}),
      ElementsAre(
          Frame{.function = "f(int (*)(char))", .file = "a b.c", .line = 12, .address = 0x10},
          Frame{.function = "main", .file = "a b.c", .line = 20, .address = 0x20}));
  EXPECT_THAT(frames_of(profile, StackId{3}),
              ElementsAre(Frame{.module = "/usr/lib/x.so", .address = 0x30}));
}

TEST(Massif, KeepsTheTreesOfOneFileApart) {
  const std::string one =
      "detailed\nn1: 8 (heap)\n n2: 8 0x1: f (a.c:1)\n  n0: 3 0x2: g (a.c:2)\n"
      "  n0: 5 0x3: h (a.c:3)\n";
  const std::string two = "detailed\nn1: 9 (heap)\n n1: 9 0x1: f (a.c:1)\n  n0: 9 0x3: h (a.c:3)\n";
  const Recording recording =
      read(snapshot(0, {.time = 0, .heap = 8}, one) + snapshot(1, {.time = 1, .heap = 9}, two) +
           snapshot(2, {.time = 2, .heap = 8}, one));
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              UnorderedElementsAre(Pair("g;f", 3), Pair("h;f", 5)));
  EXPECT_THAT(stacks_of(recording.profiles.at(1)), UnorderedElementsAre(Pair("h;f", 9)));
  EXPECT_THAT(stacks_of(recording.profiles.at(2)),
              UnorderedElementsAre(Pair("g;f", 3), Pair("h;f", 5)));
  EXPECT_EQ(recording.profiles.at(1).stacks(), 3U);
}

TEST(Massif, SaysWhenThePeakIsNotTheOneThatIsMarked) {
  const std::string tree = "peak\nn0: 5 (heap)\n";
  const Recording recording =
      read(snapshot(0, {.time = 0, .heap = 5}, tree) +
           snapshot(1, {.time = 1, .heap = 5, .extra = 1}) + snapshot(2, {.time = 2, .heap = 3}));
  EXPECT_THAT(recording.warnings,
              ElementsAre("input: massif marks snapshot 0 as the peak, with 5 bytes; the largest "
                          "is snapshot 1, with 6 bytes, which has no heap tree"));
  EXPECT_EQ(recording.profiles.at(0).title, "heap, snapshot 0");
}

TEST(Massif, TakesTheLargestSnapshotWhenNoneIsMarked) {
  const Recording recording = read(snapshot(0, {.time = 0, .heap = 2}) +
                                   snapshot(1, {.time = 1, .heap = 5}, "detailed\nn0: 5 (heap)\n"));
  EXPECT_THAT(recording.warnings, ElementsAre("input: massif marks no snapshot as the peak; the "
                                              "largest is snapshot 1, with 5 bytes"));
  EXPECT_EQ(recording.profiles.at(0).title, "heap, snapshot 1 (peak)");
}

TEST(Massif, KeepsTheSizesOfASnapshotWhoseTreeIsCutOff) {
  const std::string text =
      snapshot(0, {.time = 0, .heap = 5}, "peak\nn0: 5 (heap)\n") +
      snapshot(1, {.time = 1, .heap = 4}, "detailed\nn2: 4 (heap)\n n0: 2 0x1");
  const Recording recording = read(text);
  EXPECT_TRUE(recording.partial);
  EXPECT_EQ(recording.profiles.size(), 1U);
  EXPECT_EQ(series(recording, "heap").points.size(), 2U);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:22: the file ends inside a snapshot; 2 before it are whole"));
}

TEST(Massif, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_in("#-----------\nsnapshot=0\n#-----------\ntime=soon\n"),
            "input:7: expected 'time=<number>', found 'time=soon'");
  EXPECT_EQ(error_in(snapshot(0, {.time = 0, .heap = 5}, "detailed\nn1: 5 (heap)\n  n0: 5 x\n")),
            "input:13: expected a node of the heap tree after 1 spaces, found '  n0: 5 x'");
  EXPECT_EQ(error_in(snapshot(0, {.time = 0, .heap = 5}, "detailed\nn1: 99999999999999999999 x\n")),
            "input:12: expected numbers below 2^63, found 'n1: 99999999999999999999 x'");
  EXPECT_EQ(error_in(snapshot(0, {.time = 0, .heap = 5}, "detailed\nn1: 5 (heap)\n n0: 6 x\n")),
            "input:13: expected callers whose bytes add up to their callee's at most, found "
            "' n0: 6 x'");
  EXPECT_EQ(error_in(snapshot(0, {.time = 9, .heap = 5}) + snapshot(1, {.time = 8, .heap = 5})),
            "input:15: expected a time that is not before the last snapshot's, found 'time=8'");
}

TEST(Massif, ReadsDeepTreesWithoutRecursion) {
  constexpr int kDepth = 6000;
  std::string tree = "detailed\nn1: 7 (heap)\n";
  for (int i = 1; i <= kDepth; ++i) {
    tree += std::string(static_cast<std::size_t>(i), ' ');
    tree += fmt::format("n{}: 7 0x{:x}: f (a.c:1)\n", i == kDepth ? 0 : 1, i);
  }
  EXPECT_EQ(read(snapshot(0, {.time = 0, .heap = 7}, tree)).profiles.at(0).stacks(), kDepth + 1U);
}

TEST(Massif, ReadsTheSampleWhole) {
  const Recording recording = read_sample("heap.out");
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_EQ(series(recording, "heap").points.size(), 74U);
}

// leaky2.c: 3 blocks of 100 bytes in f, one of 2000 at the end of a recursion.
TEST(Massif, FindsWhoHoldsThePeakOfTheSample) {
  const Recording recording = read_sample("heap.out");
  const auto is_peak = [](const Profile& profile) { return profile.title.ends_with("(peak)"); };
  const auto peak = std::ranges::find_if(recording.profiles, is_peak);
  ASSERT_TRUE(peak != recording.profiles.end());
  EXPECT_EQ(peak->total().at(0), 83846);
  EXPECT_EQ(stacks_of(*peak)["main;rounds;g"], 81546);
}

TEST(Massif, ReadsSizesBeyond32Bits) {
  const Recording recording = read_sample("beyond-2-32.out");
  EXPECT_EQ(stacks_of(recording.profiles.back())["main"], 6442450944);
  EXPECT_EQ(series(recording, "total").points.back().value, 6442475184);
}

TEST(Massif, ReadsStackOnlyFiles) {
  const Recording recording = read_sample("stacks-only.out");
  EXPECT_THAT(series(recording, "heap").points, Each(Field(&Point::value, 0)));
  EXPECT_GT(series(recording, "stacks").points.at(1).value, 0);
  EXPECT_EQ(series(recording, "total").at_unit, "instructions");
}

TEST(Massif, CallsMappedPagesByTheirName) {
  const Recording recording = read_sample("pages.out");
  EXPECT_GT(series(recording, "mapped pages").points.back().value, 0);
  EXPECT_EQ(series(recording, "mapped pages").at_unit, "ms");
  EXPECT_EQ(recording.profiles.at(0).title.substr(0, 14), "mapped pages, ");
}

}  // namespace
}  // namespace tidemark
