#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

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
  return kCollapsedFormat.parse({.name = "input", .bytes = text});
}

std::map<std::string, std::int64_t> stacks_in(std::string_view text) {
  return stacks_of(read(text).profiles.at(0));
}

TEST(Collapsed, KeepsSpacesInFramesAndAddsEqualStacksUp) {
  EXPECT_THAT(stacks_in("main;f(int, char) 3\nmain;f(int, char);g 4\nmain;f(int, char) 5\n"),
              UnorderedElementsAre(Pair("main;f(int, char)", 8), Pair("main;f(int, char);g", 4)));
}

TEST(Collapsed, TellsFramesApartThatOnlyStartAlike) {
  EXPECT_THAT(stacks_in("a;foo 30\na;foo-1;y 10\na;foo;x 20\na;fo 1\nab;foo 2\na 7\n"),
              UnorderedElementsAre(Pair("a;foo", 30), Pair("a;foo-1;y", 10), Pair("a;foo;x", 20),
                                   Pair("a;fo", 1), Pair("ab;foo", 2), Pair("a", 7)));
}

TEST(Collapsed, AcceptsCarriageReturnsBlankLinesAndNoLastNewline) {
  EXPECT_THAT(stacks_in("a;b 1\r\n\r\na;c 2"),
              UnorderedElementsAre(Pair("a;b", 1), Pair("a;c", 2)));
}

TEST(Collapsed, DropsTheSemicolonThatHeaptrackPutsLast) {
  EXPECT_THAT(stacks_in("main (x.cpp);f(int) (x.cpp); 1\n"),
              UnorderedElementsAre(Pair("main (x.cpp);f(int) (x.cpp)", 1)));
}

TEST(Collapsed, RoundsFractionsAndSaysSo) {
  EXPECT_THAT(stacks_in("a;b 1.6\na;c 2\n"), UnorderedElementsAre(Pair("a;b", 2), Pair("a;c", 2)));
  EXPECT_THAT(read("a;b 1.6\na;c 2\n").warnings,
              ElementsAre("input:2: 1 of 2 values up to here have fractions; each was rounded to "
                          "a whole number"));
  EXPECT_THAT(read("a;b 1\n").warnings, IsEmpty());
}

TEST(Collapsed, ReadsTheTwoColumnsOfADiff) {
  const Recording recording = read("a;b 10 12\na;c 0 3\n");
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(profile.value_types(),
              ElementsAre(ValueType{"before", "count"}, ValueType{"after", "count"}));
  EXPECT_THAT(profile.total(), ElementsAre(10, 15));
  EXPECT_EQ(profile.default_value, 1U);
}

TEST(Collapsed, HasOneColumnWhenOneLineHasOnlyOneNumber) {
  EXPECT_THAT(stacks_in("a;thread 1 10\na;b 5\n"),
              UnorderedElementsAre(Pair("a;thread 1", 10), Pair("a;b", 5)));
}

TEST(Collapsed, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kCollapsedFormat, "a;b 1\na;b\na;b 2\n"),
            "input:2: expected '<frame>;<frame>... <number>', found 'a;b'");
  EXPECT_EQ(error_from(kCollapsedFormat, "a;b 99999999999999999999\n"),
            "input:1: expected a number below 2^63 at the end of the line, found 'a;b "
            "99999999999999999999'");
  EXPECT_EQ(error_from(kCollapsedFormat, "a 9223372036854775807\na 1\n"),
            "input:2: a sum does not fit 64 bits");
  EXPECT_EQ(error_from(kCollapsedFormat, "\n"),
            "input:2: expected '<frame>;<frame>... <number>', found the end of the file");
}

TEST(Collapsed, SaysThatTheLastLineIsCut) {
  const Recording recording = read("a;b 1\na;c");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:2: the file ends inside this line; it is left out"));
}

TEST(Collapsed, ReadsDeepStacksAndLongLines) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "f;";
  EXPECT_EQ(read(deep + "g 1\n").profiles.at(0).stacks(), 100002U);
  EXPECT_TRUE(kCollapsedFormat.recognizes(deep));
  const std::string name(10 << 20, 'x');
  EXPECT_THAT(stacks_in("a;" + name + " 1\n"), UnorderedElementsAre(Pair("a;" + name, 1)));
}

TEST(Collapsed, IsOnlyRecognisedWithAStackOfSeveralFrames) {
  EXPECT_TRUE(kCollapsedFormat.recognizes("a;b 1\n"));
  EXPECT_TRUE(kCollapsedFormat.recognizes("a 2\na;b 1\n"));
  EXPECT_FALSE(kCollapsedFormat.recognizes("Chapter 1\nChapter 2\n"));
  EXPECT_FALSE(kCollapsedFormat.recognizes("a;b 1\nsome text\n"));
}

// A first line that is longer than what is looked at.
TEST(Collapsed, IsRecognisedByLongNamesButMinifiedCodeIsNot) {
  const auto repeated = [](std::string_view text) {
    std::string all;
    while (all.size() < 8192) all += text;
    return all;
  };
  EXPECT_TRUE(kCollapsedFormat.recognizes("main;" + repeated("std::map<int, ") + "long"));
  EXPECT_TRUE(kCollapsedFormat.recognizes(repeated("run<f::{lambda(int)#1}>::operator();")));
  EXPECT_TRUE(kCollapsedFormat.recognizes(repeated("run<f::{lambda(int)#1};")));
  EXPECT_FALSE(kCollapsedFormat.recognizes(repeated("function(a){b;c};")));
  EXPECT_FALSE(kCollapsedFormat.recognizes(repeated("a=1;b=2;}; c();")));
  EXPECT_FALSE(kCollapsedFormat.recognizes(repeated("[{\"a\":\"x;y\"},")));
}

TEST(Collapsed, KeepsTheFrameThatDividesUserAndKernel) {
  EXPECT_THAT(stacks_in("redis;main;read;-;do_syscall_64;vfs_read_[k] 7\n"),
              UnorderedElementsAre(Pair("redis;main;read;-;do_syscall_64;vfs_read_[k]", 7)));
}

TEST(Collapsed, KnowsOffcputimesMicrosecondsByItsLastFrames) {
  const auto types = [](std::string_view text) { return read(text).profiles.at(0).value_types(); };
  EXPECT_THAT(types("sh;main;-;schedule;finish_task_switch.isra.0 70\nx;finish_task_switch 5\n"),
              ElementsAre(ValueType{"off-cpu", "microseconds"}));
  EXPECT_THAT(types("sh;main;-;schedule;finish_task_switch 70\nsh;main 1\n"),
              ElementsAre(ValueType{"samples", "count"}));
}

TEST(Collapsed, PassesOverNotesBeforeTheFirstStack) {
  const std::string_view austin = "# austin: 3.6.0\n# interval: 100\n\nP1;T1;a.py:f:3 120\n";
  EXPECT_TRUE(kCollapsedFormat.recognizes(austin));
  EXPECT_THAT(stacks_in(austin), UnorderedElementsAre(Pair("P1;T1;a.py:f:3", 120)));
}

TEST(Collapsed, ReadsWhatHeaptrackPrints) {
  const File file = read_file(TIDEMARK_TEST_DATA "/collapsed/heaptrack-1.4.folded");
  EXPECT_EQ(stacks_in(file.bytes())["main (leaky.cpp);f() (leaky.cpp)"], 3);
}

}  // namespace
}  // namespace tidemark
