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
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Recording read(std::string_view text) {
  return kCallgrindFormat.parse({.name = "input", .bytes = text});
}

Recording read_sample(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/callgrind/" + name);
  return kCallgrindFormat.parse(file.input());
}

constexpr std::string_view kHead = "version: 1\ncreator: callgrind-3.19.0\npositions: line\n";

std::map<std::string, std::int64_t> stacks_in(const std::string& body) {
  return stacks_of(read(std::string(kHead) + body).profiles.at(0));
}

// main calls f and g; both call h.
constexpr std::string_view kDiamond =
    "events: Ir\nfl=(1) a.c\nfn=(1) main\n1 10\ncfn=(2) f\ncalls=1 5\n2 30\ncfn=(3) g\ncalls=1 7\n"
    "+1 40\n\nfn=(2)\n5 10\ncfn=(4) h\ncalls=1 9\n* 20\n\nfn=(3)\n7 10\ncfn=(4)\ncalls=1 9\n"
    "* 30\n\nfn=(4)\n9 25\n+1 25\n\ntotals: 80\n";

TEST(Callgrind, ShowsAFunctionBelowItsOnlyCallerAndOthersOnTheirOwn) {
  EXPECT_THAT(stacks_in(std::string(kDiamond)),
              UnorderedElementsAre(Pair("main", 10), Pair("main;f", 10), Pair("main;g", 10),
                                   Pair("h", 50)));
}

TEST(Callgrind, EndsWhereFunctionsOnlyCallEachOther) {
  EXPECT_THAT(stacks_in("events: Ir\nfn=(1) a\n1 1\ncfn=(2) b\ncalls=1 1\n1 5\ncfn=(1)\ncalls=1 1\n"
                        "1 1\nfn=(2)\n2 2\ncfn=(1)\ncalls=1 1\n2 5\ntotals: 3\n"),
              UnorderedElementsAre(Pair("a;b;a", 1), Pair("a;b", 2)));
}

TEST(Callgrind, ReadsRelativePositionsAndInlinedFiles) {
  const Recording recording =
      read(std::string(kHead) +
           "events: Ir\nob=(1) /bin/a\nfl=(1) a.c\nfn=(1) main\n10 1\nfi=(2) a.h\n-4 2\nfe=(1)\n"
           "+7 3\ntotals: 6\n");
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(frames_of(profile, StackId{2}),
              ElementsAre(Frame{.function = "main", .file = "a.h", .line = 6, .module = "/bin/a"}));
  EXPECT_THAT(
      frames_of(profile, StackId{3}),
      ElementsAre(Frame{.function = "main", .file = "a.c", .line = 13, .module = "/bin/a"}));
  EXPECT_THAT(recording.warnings, IsEmpty());
}

TEST(Callgrind, SaysWhenCostsDoNotAddUp) {
  EXPECT_THAT(read(std::string(kHead) + "events: Ir\nfn=a\n1 5\ntotals: 6\n").warnings,
              ElementsAre("input:7: the costs above do not add up to these totals"));
}

TEST(Callgrind, SaysWhenTheTotalsAreMissing) {
  const Recording recording = read(std::string(kHead) + "events: Ir\nfn=a\n1 5\n2 5");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:7: the file ends before 'totals:'; costs are missing"));
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(5));
}

TEST(Callgrind, ReadsCallgrindsOwnFileExactly) {
  const Recording recording = read_sample("callgrind.out");
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_EQ(recording.producer_version, "3.19.0");
  // leaky2.c:6, and g called from rec and from rounds.
  std::int64_t in_rounds = 0;
  std::int64_t in_g = 0;
  for (const auto& [stack, cost] : stacks_of(recording.profiles.at(0))) {
    if (stack.ends_with("main;rounds")) in_rounds += cost;
    if (stack == "g") in_g += cost;
  }
  EXPECT_EQ(in_rounds, 203 + 388 + 18 + 16);
  EXPECT_GT(in_g, 0);
}

TEST(Callgrind, MakesOneProfileOfEachPart) {
  const Recording recording = read_sample("parts.out");
  ASSERT_EQ(recording.profiles.size(), 2U);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_EQ(recording.profiles[0].title, "callgrind, part 1, thread 1");
  EXPECT_THAT(recording.profiles[0].total(), ElementsAre(3085));
  EXPECT_THAT(recording.profiles[1].total(), ElementsAre(9374));
}

TEST(Callgrind, ReadsWholeStacksFromXtreeMemory) {
  const Recording recording = read_sample("xtmemory-full.kcg");
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_THAT(profile.value_types(),
              ElementsAre(ValueType{"inuse_space", "bytes"}, ValueType{"inuse_objects", "count"},
                          ValueType{"alloc_space", "bytes"}, ValueType{"alloc_objects", "count"},
                          ValueType{"freed_space", "bytes"}, ValueType{"freed_objects", "count"}));
  // leaky2.c: 4 blocks of 100 bytes in f.
  EXPECT_EQ(stacks_of(profile, 0)["main;f"], 400);
  EXPECT_EQ(stacks_of(profile, 1)["main;f"], 4);
  EXPECT_EQ(stacks_of(profile, 2)["main;rounds;g"], 120780);
  EXPECT_THAT(profile.total(), ElementsAre(80907, 31, 123180, 45, 42273, 14));
}

TEST(Callgrind, ReadsLeaksFromXtreeLeak) {
  const Recording recording = read_sample("xtleak.kcg");
  const Profile& profile = recording.profiles.at(0);
  EXPECT_EQ(profile.value_types().at(profile.default_value),
            (ValueType{"definitely_lost_space", "bytes"}));
  EXPECT_EQ(stacks_of(profile, profile.default_value)["main;f;malloc"], 400);
  EXPECT_EQ(profile.value_types().at(9), (ValueType{"increase_reachable_space", "bytes"}));
}

TEST(Callgrind, NamesTheLineThatIsWrong) {
  const std::string head(kHead);
  EXPECT_EQ(error_from(kCallgrindFormat, head + "events: Ir\nfn=(7)\n1 5\n"),
            "input:5: expected a name, or the number of one written before, found 'fn=(7)'");
  EXPECT_EQ(error_from(kCallgrindFormat, head + "events: Ir\nfn=a\n1 99999999999999999999\n"),
            "input:6: expected a number below 2^63, found '1 99999999999999999999'");
  EXPECT_EQ(error_from(kCallgrindFormat, head + "events: Ir\nfn=a\n1 2 3\n"),
            "input:6: expected at most 1 costs, found '1 2 3'");
  EXPECT_EQ(error_from(kCallgrindFormat, "version: 2\n"),
            "input:1: expected version 1 of the callgrind format, found 'version: 2'");
  EXPECT_EQ(error_from(kCallgrindFormat, head + "events: Ir\nwhat is this\n"),
            "input:5: expected a line of the callgrind format, found 'what is this'");
  EXPECT_EQ(error_from(kCallgrindFormat, head + "events: Ir\nfn=a\n1 9223372036854775807\n2 1\n"
                                                "totals: 1\n"),
            "input:8: a sum does not fit 64 bits");
}

TEST(Callgrind, ReadsDeepChainsInLinearTime) {
  std::string text = "version: 1\ncreator: xtree-1\nevents: curB\n";
  for (int i = 0; i < 100000; ++i) text += "fn=(1) f\n1 1\n";
  text += "totals: 100000\n";
  EXPECT_EQ(read(text).profiles.at(0).stacks(), 100001U);
}

}  // namespace
}  // namespace tidemark
