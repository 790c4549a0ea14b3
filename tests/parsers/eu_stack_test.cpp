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

class EuStackFrame : public testing::TestWithParam<FrameRow> {};

TEST_P(EuStackFrame, IsReadWhole) {
  const std::string text = "PID 1 - process\nTID 1:\n" + std::string(GetParam().text) + "\n";
  EXPECT_THAT(only_stack(kEuStackFormat, text), ElementsAre(GetParam().frame));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, EuStackFrame,
    testing::Values(FrameRow{"#0  0x12 f(int)", {.function = "f(int)", .address = 0x12}},
                    FrameRow{"#0  0x12", {.address = 0x12}},
                    FrameRow{"#0  0x12     f", {.function = "f", .address = 0x12}},
                    FrameRow{"#1  0x12 - 1 f", {.function = "f", .address = 0x12}},
                    FrameRow{"#1  0x12 - 1", {.address = 0x12}},
                    FrameRow{"#0  0x12 f - /a b.so",
                             {.function = "f", .module = "/a b.so", .address = 0x12}},
                    FrameRow{"#0  0x12 - [vdso: 7]", {.module = "[vdso: 7]", .address = 0x12}},
                    FrameRow{"#0  0x12 f\n    ./a.c:57:12",
                             {.function = "f", .file = "./a.c", .line = 57, .address = 0x12}},
                    FrameRow{"#0  0x12 f\n    [93ac]@0x7f+0x85",
                             {.function = "f", .address = 0x12, .offset = 0x85}}));

TEST(EuStack, CountsEachThreadOfEachRunOnce) {
  const std::string run =
      "PID 7 - process\nTID 7:\n#0  0x1 poll\n#1  0x2 main\nTID 8:\n#0  0x3 work\n"
      "eu-stack: dwfl_thread_getframes tid 8 at 0x3 in ?: no matching address range\n";
  EXPECT_THAT(stacks_in(kEuStackFormat, run + run),
              UnorderedElementsAre(Pair("main;poll", 2), Pair("work", 2)));
}

TEST(EuStack, TellsInlinedFunctionsFromRecursionByTheirNames) {
  const auto frames = only_stack(
      kEuStackFormat, "TID 1:\n#0  0x1 inner\n#1  0x1 outer\n#2  0x5 again\n#3  0x5 again\n");
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_TRUE(frames[0].inlined);
  EXPECT_FALSE(frames[1].inlined || frames[2].inlined || frames[3].inlined);
}

TEST(EuStack, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kEuStackFormat, "TID 1:\n#0  f\n"),
            "input:2: expected '#<number>  0x<address> [<function>] [- <module>]', found '#0  f'");
  EXPECT_EQ(error_from(kEuStackFormat, "TID 1:\n"),
            "input:2: expected '#<number>  0x<address> [<function>] [- <module>]', found the end "
            "of the file");
}

TEST(EuStack, SaysThatTheLastLineIsCut) {
  const Recording recording = read_as(kEuStackFormat, "TID 1:\n#0  0x1 f\n#1  0x");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:3: the file ends inside this line; its stack may be cut"));
}

}  // namespace
}  // namespace tidemark
