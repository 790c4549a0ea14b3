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
using testing::SizeIs;
using testing::UnorderedElementsAre;

struct Row {
  std::string_view name;
  std::string_view text;
  std::string_view stack;
  std::int64_t value;
};

class BpftraceEntry : public testing::TestWithParam<Row> {};

TEST_P(BpftraceEntry, IsOneStack) {
  EXPECT_THAT(stacks_in(kBpftraceFormat, GetParam().text),
              UnorderedElementsAre(Pair(std::string(GetParam().stack), GetParam().value)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BpftraceEntry,
    testing::Values(
        Row{"Alone", "@[\n    f+1\n    main+0x22\n]: 42\n", "main;f", 42},
        Row{"WithCommand", "@[\n    f+1\n, my server]: 3\n", "my server;f", 3},
        Row{"WithKeysBefore", "@s[12, sh, \n\tf+1\n]: 3\n", "12;sh;f", 3},
        Row{"KernelFirst",
            "@[\n    read+1\n    entry_SYSCALL_64_after_hwframe+1\n, \n    main+1\n, x]: 1\n",
            "x;main;entry_SYSCALL_64_after_hwframe;read", 1},
        Row{"KernelLast",
            "@[\n    main+1\n, \n    read+1\n    entry_SYSCALL_64_after_hwframe+1\n]: 1\n",
            "main;entry_SYSCALL_64_after_hwframe;read", 1},
        Row{"TwoUnknownStacks", "@[\n    b+1\n, \n    a+1\n]: 1\n", "a;b", 1},
        Row{"Perf", "@[\n\t560f68cdc17b hot+34 (/work/a b)\n]: 1\n", "hot", 1},
        Row{"UnknownPerf", "@[\n\t7370616d2f 0x7370616d2f ([unknown])\n]: 1\n", "0x7370616d2f", 1},
        Row{"Raw", "@[\n    7f63ea71d24a\n]: 1\n", "0x7f63ea71d24a", 1},
        Row{"Histogram", "@h[\n    f+1\n]: \n[4, 8)    12 |@@@|\n[8, 16)    3 |@  |\n\n@n: 9\n",
            "f", 15},
        Row{"Statistics", "@[\n    f+1\n]: count 4, average 3, total 12\n", "f", 4},
        Row{"Negative", "@[\n    f+1\n]: -4\n", "f", -4},
        Row{"Arguments", "@[\n    ns::f(int, char)+17\n]: 4\n", "ns::f(int, char)", 4}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(Bpftrace, CountsStacksThatAreEmptyOnTheirOtherKeys) {
  EXPECT_THAT(stacks_in(kBpftraceFormat, "@[, sh]: 2\n@[]: 5\n@[\n    f+1\n, sh]: 1\n"),
              UnorderedElementsAre(Pair("sh", 2), Pair("[no stack]", 5), Pair("sh;f", 1)));
}

TEST(Bpftrace, MakesAProfileOfEachMapWithStacksOnly) {
  const Recording recording =
      read_as(kBpftraceFormat,
              "Attaching 2 probes...\n\n@avg[sh]: 7\n@a[\n    f+1\n]: 1\n@b[\n    g+1\n]: 2\n");
  ASSERT_THAT(recording.profiles, SizeIs(2));
  EXPECT_EQ(recording.profiles[1].title, "@b");
  EXPECT_THAT(recording.profiles[1].value_types(), ElementsAre(ValueType{"b", "count"}));
}

TEST(Bpftrace, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kBpftraceFormat, "@[\n    f+1\nwhat\n"),
            "input:3: expected a frame, ', <key>' or ']: <number>', found 'what'");
  EXPECT_EQ(error_from(kBpftraceFormat, "@[\n    f+1\n]: many\n"),
            "input:3: expected '@<map>[<stack>]: <number>', found ']: many'");
  EXPECT_EQ(error_from(kBpftraceFormat, "@n: 4\n"),
            "input:2: expected '@<map>[<stack>]: <number>', found the end of the file");
}

TEST(Bpftrace, LeavesOutAnEntryThatIsCut) {
  const Recording recording = read_as(kBpftraceFormat, "@[\n    f+1\n]: 1\n@[\n    g+1\n");
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair("f", 1)));
}

TEST(Bpftrace, ReadsDeepStacksAndLongLines) {
  std::string deep = "@[\n";
  for (int i = 0; i < 100000; ++i) deep += "    f+1\n";
  EXPECT_EQ(only_stack(kBpftraceFormat, deep + "]: 1\n").size(), 100000U);
  const std::string name(10 << 20, 'x');
  EXPECT_THAT(stacks_in(kBpftraceFormat, "@[\n    " + name + "+1\n]: 1\n"),
              UnorderedElementsAre(Pair(name, 1)));
}

}  // namespace
}  // namespace tidemark
