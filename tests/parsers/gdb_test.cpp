#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/read_stacks.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class GdbFrame : public testing::TestWithParam<FrameRow> {};

TEST_P(GdbFrame, IsReadWhole) {
  const auto frames = only_stack(kGdbFormat, std::string(GetParam().text) + "\n");
  EXPECT_THAT(frames, ElementsAre(GetParam().frame));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GdbFrame,
    testing::Values(
        FrameRow{"#0  main () at a.c:12", {.function = "main", .file = "a.c", .line = 12}},
        FrameRow{"#1  0x00000000000011f4 in f (a=1, b=0x2 \"x) at y.c:9\") at /src/a b.c:3",
                 {.function = "f", .file = "/src/a b.c", .line = 3, .address = 0x11f4}},
        FrameRow{"#12 0x10 in ?? () from /lib/libx.so",
                 {.module = "/lib/libx.so", .address = 0x10}},
        FrameRow{"#0  0x10 in ?? ()", {.address = 0x10}},
        FrameRow{"#2  <signal handler called>", {.function = "<signal handler called>"}},
        FrameRow{"#0  0x10 in std::thread::join() () from /lib/x.so",
                 {.function = "std::thread::join()", .module = "/lib/x.so", .address = 0x10}},
        FrameRow{"#0  std::function<void (int)>::operator()(int) const (this=0x1) at f.h:2",
                 {.function = "std::function<void (int)>::operator()(int) const",
                  .file = "f.h",
                  .line = 2}},
        FrameRow{"#0  (anonymous namespace)::f (x=1) at a.c:1",
                 {.function = "(anonymous namespace)::f", .file = "a.c", .line = 1}},
        FrameRow{"#0  void (anonymous namespace)::f<int> (x=1) at a.c:1",
                 {.function = "void (anonymous namespace)::f<int>", .file = "a.c", .line = 1}},
        FrameRow{"#0  operator<< (a=..., c=40 '(') at a.c:1",
                 {.function = "operator<<", .file = "a.c", .line = 1}},
        FrameRow{"#0  app::operator-> (this=0x1) at a.c:1",
                 {.function = "app::operator->", .file = "a.c", .line = 1}},
        FrameRow{"#0  f (a=1,\n    b=2)\n    at a.c:7",
                 {.function = "f", .file = "a.c", .line = 7}},
        FrameRow{"#0  f () at a.c:7\n        at = 5\nNo locals.",
                 {.function = "f", .file = "a.c", .line = 7}}));

TEST(Gdb, CountsEachThreadOfEachDumpOnce) {
  const std::string dump =
      "warning: noise\n[New LWP 2]\n\nThread 2 (Thread 0x7f (LWP 2) \"w\"):\n#0  g () at a.c:1\n"
      "#1  0x2 in f () at a.c:2\n\nThread 1 (LWP 1):\n#0  0x3 in poll () from /lib/libc.so\n"
      "Python Exception <class 'gdb.error'>\n#1  0x4 in main () at a.c:9\n[Inferior 1 detached]\n";
  EXPECT_THAT(stacks_in(kGdbFormat, dump + dump),
              UnorderedElementsAre(Pair("f;g", 2), Pair("main;poll", 2)));
}

TEST(Gdb, TellsWhatIsInlinedByTheAddressThatIsMissing) {
  const auto frames = only_stack(
      kGdbFormat, "#0  0x9 in g () at a.c:1\n#1  f () at a.c:2\n#2  0x2 in m () at a.c:3\n");
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_TRUE(frames[0].inlined);
  EXPECT_FALSE(frames[1].inlined);
  EXPECT_EQ(frames[1].address, 9U);
}

TEST(Gdb, StartsANewStackWithoutAHeading) {
  EXPECT_THAT(stacks_in(kGdbFormat, "#0  f () at a.c:1\n#0  g () at a.c:1\n"),
              UnorderedElementsAre(Pair("f", 1), Pair("g", 1)));
}

TEST(Gdb, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kGdbFormat, "\n#0  f\n#1  g ()\n"),
            "input:2: expected '[0x<address> in] <function> (<arguments>) [at <file>:<line> | from "
            "<module>]' behind '#<number>', found 'f'");
  EXPECT_EQ(error_from(kGdbFormat, "[New LWP 2]\n").substr(0, 25), "input:2: expected '[0x<ad");
}

TEST(Gdb, SaysThatTheLastLineIsCut) {
  const Recording recording = read_as(kGdbFormat, "#0  f () at a.c:1\n#1  0x12 in mai");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:2: the file ends inside this line; its stack may be cut"));
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair("f", 1)));
}

TEST(Gdb, ReadsDeepStacksAndLongLines) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "#" + std::to_string(i) + "  0x1 in f () at a.c:1\n";
  EXPECT_EQ(only_stack(kGdbFormat, deep).size(), 100000U);
  const std::string name(10 << 20, 'x');
  EXPECT_THAT(stacks_in(kGdbFormat, "#0  " + name + " (a=\"" + name + "\") at a.c:1\n"),
              UnorderedElementsAre(Pair(name, 1)));
}

TEST(Gdb, IsRecognisedByThreadsAndFrames) {
  for (const std::string_view text :
       {"[New LWP 12]\n", "GNU gdb 13\nThread 1 (process 12):\n", "#0  main () at a.c:1\n",
        "#0  0x00007f in poll () from /lib/libc.so\n"}) {
    EXPECT_TRUE(kGdbFormat.recognizes(text)) << text;
  }
  for (const std::string_view text : {"Thread 22 (active): \"x\"\n", "TID 1:\n#0  0x12 in\n",
                                      "    #0 0x12 in f a.c:1\n", "#0  something else\n"}) {
    EXPECT_FALSE(kGdbFormat.recognizes(text)) << text;
  }
}

}  // namespace
}  // namespace tidemark
