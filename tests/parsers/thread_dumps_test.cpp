// DTrace's aggregations, jstack, py-spy and macOS's sample.
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

TEST(Dtrace, FoldsAsStackcollapseDoes) {
  EXPECT_THAT(stacks_in(kDtraceFormat,
                        "CPU     ID   FUNCTION:NAME\n  0  64091    :tick-60s\n\n  unix`g+0x1\n"
                        "  unix`f(int)+0xff\n  0xfffffd7f\n    3\n\n  unix`g+0x2\n  1\n"),
              UnorderedElementsAre(Pair("0xfffffd7f;unix`f(int);unix`g", 3), Pair("unix`g", 1)));
}

TEST(Dtrace, PutsOtherKeysOutermost) {
  EXPECT_THAT(stacks_in(kDtraceFormat, "  my sh\n  unix`g+0x1\n  7\n"),
              UnorderedElementsAre(Pair("my sh;unix`g", 7)));
}

TEST(Dtrace, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kDtraceFormat, "  unix`g+0x1\n  what is this\n"),
            "input:2: expected '<module>`<function>+0x<offset>' lines and a number, found '  what "
            "is this'");
  EXPECT_EQ(error_from(kDtraceFormat, "  unix`g+0x1\n  99999999999999999999\n"),
            "input:2: expected a count below 2^63, found '  99999999999999999999'");
}

TEST(Dtrace, LeavesOutAStackThatIsCut) {
  const Recording recording = read_as(kDtraceFormat, "  a`f+0x1\n  3\n  a`g+0x1\n");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair("a`f", 3)));
}

constexpr std::string_view kJava =
    "Full thread dump VM (17):\n\n\"a \\\"b\" #1 prio=5\n   java.lang.Thread.State: RUNNABLE\n"
    "\tat A.f(java.base@17/A.java:7)\n\t- locked <0x1>\n\tat A.main(Native Method)\n\n"
    "\"w\" #2\n   java.lang.Thread.State: WAITING\n\tat A.g(A.java:9)\n\n\"VM Thread\" x\n\n";

TEST(Jstack, CountsThreadsAndThoseThatRun) {
  EXPECT_THAT(stacks_in(kJstackFormat, kJava, 0),
              UnorderedElementsAre(Pair("a \\\"b;A.main;A.f", 1), Pair("w;A.g", 1)));
  EXPECT_THAT(stacks_in(kJstackFormat, kJava, 1),
              UnorderedElementsAre(Pair("a \\\"b;A.main;A.f", 1)));
}

TEST(Jstack, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kJstackFormat, "Full thread dump\n\tat A.f(A.java:1)\n"),
            "input:2: expected '\"<thread>\" ...' before the first 'at', found "
            "'\\x09at A.f(A.java:1)'");
}

TEST(PySpy, LeavesOutLocalsAndCountsActiveThreads) {
  const std::string_view text =
      "Process 1: x\nPython v3.11.2 (/p)\n\nThread 1 (active+gil): \"M\"\n    f (a b.py:3)\n"
      "        Arguments:\n            n: (1)\n    <module> (a.py:9)\nThread 0x7F (idle)\n"
      "    wait (t.py:1)\n";
  EXPECT_THAT(stacks_in(kPySpyFormat, text, 0),
              UnorderedElementsAre(Pair("<module>;f", 1), Pair("wait", 1)));
  EXPECT_THAT(stacks_in(kPySpyFormat, text, 1), UnorderedElementsAre(Pair("<module>;f", 1)));
}

TEST(PySpy, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kPySpyFormat, "Thread 1 (idle)\n    what\n"),
            "input:2: expected '    <function> (<file>:<line>)' below a 'Thread <id> (...)', found "
            "'    what'");
}

constexpr std::string_view kMac =
    "Analysis of sampling x (pid 1) every 1 millisecond\nCall graph:\n    10 Thread_1\n"
    "    + 10 main  (in x) + 20  [0x10]  main.c:12\n    +   6 f  (in x) + 1,2  [0x11,0x12]\n"
    "    +   ! 2 read  (in y) + 8  [0x20]\n    +   3 g  (in x) + 1  [0x13]\n\nTotal\n";

TEST(MacosSample, CountsWhatAFrameHasItself) {
  EXPECT_THAT(stacks_in(kMacosSampleFormat, kMac),
              UnorderedElementsAre(Pair("Thread_1;main", 1), Pair("Thread_1;main;f", 4),
                                   Pair("Thread_1;main;f;read", 2), Pair("Thread_1;main;g", 3)));
}

TEST(MacosSample, SaysThatTheGraphIsCut) {
  const Recording recording = read_as(kMacosSampleFormat, kMac.substr(0, kMac.find("\n\nTotal")));
  EXPECT_TRUE(recording.partial);
}

TEST(MacosSample, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kMacosSampleFormat, "Call graph:\n  2 a\n  + 3 b\n"),
            "input:3: expected a number that is not above what is left of its caller's, found "
            "'  + 3 b'");
}

struct Deep {
  const Format* format;
  std::string_view head;
  std::string_view frame;
  std::string_view tail;
};

class DeepStack : public testing::TestWithParam<Deep> {};

TEST_P(DeepStack, OfAHundredThousandFramesIsRead) {
  std::string text(GetParam().head);
  for (int i = 0; i < 100000; ++i) text += GetParam().frame;
  const auto frames = only_stack(*GetParam().format, text + std::string(GetParam().tail));
  const bool has_thread = GetParam().format == &kJstackFormat;
  EXPECT_EQ(frames.size(), has_thread ? 100001U : 100000U);
}

TEST_P(DeepStack, WithALineOfTenMegabytesIsReadOrRefused) {
  std::string line(GetParam().frame);
  line.insert(line.size() - 1, 10 << 20, 'x');
  const std::string text = std::string(GetParam().head) + line + std::string(GetParam().tail);
  EXPECT_LT(error_from(*GetParam().format, text).size(), 400U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DeepStack,
    testing::Values(Deep{&kEuStackFormat, "TID 1:\n", "#1  0x1 f\n", ""},
                    Deep{&kDtraceFormat, "", "  a`f+0x1\n", "  7\n"},
                    Deep{&kGoGoroutinesFormat, "goroutine 1 [running]:\n", "main.f(0x1)\n", "\n"},
                    Deep{&kGoPprofFormat, "goroutine profile: total 1\n1 @ 0x1\n",
                         "#\t0x1\tf+0x1\ta:1\n", "\n"},
                    Deep{&kJstackFormat, "\"t\" #1\n\n\"a\"\n", "\tat A.f(A.java:1)\n", "\n"},
                    Deep{&kPySpyFormat, "Thread 1 (idle)\n", "    f (a.py:1)\n", "\n"},
                    Deep{&kPprofRawFormat, "Samples:\nx/count\n1:", " 1",
                         "\nLocations\n1: 0x1 f a:1 s=0\nMappings\n"}),
    [](const auto& instance) {
      std::string name(instance.param.format->name);
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace tidemark
