#include "parsers/perf_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/perf_data_builder.h"
#include "tests/parsers/stacks_of.h"

namespace tidemark {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kKernel = -128ULL;
constexpr std::uint64_t kUser = -512ULL;

Recording read(const std::string& bytes, const PerfDataOptions& options = {}) {
  return parse_perf_data({.name = "input", .bytes = bytes}, options);
}

std::map<std::string, std::int64_t> stacks_in(const std::string& records,
                                              const PerfDataOptions& options = {}) {
  return stacks_of(read(PerfText().file(records), options).profiles.at(0));
}

Recording read_sample(const std::string& name, const PerfDataOptions& options = {}) {
  const Decompressed whole = decompress(read_file(TIDEMARK_TEST_DATA "/perf-data/" + name));
  return parse_perf_data(whole.file.input(), options);
}

TEST(PerfData, TakesOneOffReturnAddressesButNotOffWhereTheThreadWas) {
  EXPECT_THAT(
      stacks_in(perf_exec(1, 7, "a") + perf_mmap(2, 7, {.start = 0x4000, .path = "/bin/a"}) +
                perf_sample(3, 7, {kUser, 0x4010, 0x4020}, 5)),
      UnorderedElementsAre(Pair("a;a+0x1f;a+0x10", 5)));
}

TEST(PerfData, LooksKernelAddressesUpInTheKernel) {
  const std::string records =
      perf_record(1, 1,
                  halves({0xFFFFFFFF, 0}) +
                      numbers({0xFFFFFFFF81000000, 0x1000000, 0xFFFFFFFF81000000}) +
                      padded("[kernel.kallsyms]_text") + perf_id(0, 0, 0)) +
      perf_exec(1, 7, "a") +
      perf_sample(3, 7, {kKernel, 0xFFFFFFFF81000010, kUser, 0xFFFFFFFF81000020});
  const Recording recording = read(PerfText().file(records));
  EXPECT_THAT(
      stacks_of(recording.profiles[0]),
      UnorderedElementsAre(Pair("a;0xffffffff81000020;[kernel.kallsyms]+0xffffffff81000010", 1)));
  EXPECT_EQ(recording.profiles[0].mappings.at(0).offset, 0xFFFFFFFF81000000U);
}

// What runs once as the kernel starts lies behind its text.
TEST(PerfData, NamesTheKernelAlsoOutsideItsText) {
  const NamePlace name = [](const Mapping& module, const Frame&) {
    return std::vector<Frame>{
        {.function = fmt::format("{} at {:x}", module.path, module.offset), .module = module.path}};
  };
  EXPECT_THAT(stacks_in(perf_record(1, 1,
                                    halves({0xFFFFFFFF, 0}) +
                                        numbers({0xFFFFFFFF81000000, 0x1000, 0xFFFFFFFF81000000}) +
                                        padded("[kernel.kallsyms]_text") + perf_id(0, 0, 0)) +
                            perf_exec(1, 7, "a") + perf_sample(3, 7, {kKernel, 0xFFFFFFFF83000000}),
                        {.name_place = name}),
              UnorderedElementsAre(Pair("a;[kernel.kallsyms] at ffffffff81000000", 1)));
}

TEST(PerfData, PutsRecordsInTheOrderOfTime) {
  EXPECT_THAT(stacks_in(perf_sample(5, 7, {kUser, 0x4010}) + perf_sample(15, 7, {kUser, 0x4010}) +
                        perf_comm(10, 7, "renamed") + perf_exec(1, 7, "first") +
                        perf_mmap(2, 7, {.start = 0x4000, .path = "/lib/x.so"})),
              UnorderedElementsAre(Pair("first;x.so+0x10", 1), Pair("renamed;x.so+0x10", 1)));
}

TEST(PerfData, TakesAMappingAtTheVeryEndOfMemoryForNone) {
  EXPECT_THAT(stacks_in(perf_exec(1, 7, "a") + perf_mmap(2, 7, {.start = ~0ULL, .path = "/a"}) +
                        perf_sample(3, 7, {kUser, 0x4010})),
              UnorderedElementsAre(Pair("a;0x4010", 1)));
}

// While the kernel loads the new program, the call chain still leads into the old one.
TEST(PerfData, KeepsWhatWasMappedUntilAnExecMapsOverIt) {
  EXPECT_THAT(stacks_in(perf_exec(1, 7, "a") +
                        perf_mmap(2, 7, {.start = 0x4000, .length = 0x2000, .path = "/bin/a"}) +
                        perf_exec(3, 7, "b") + perf_sample(4, 7, {kUser, 0x4010}) +
                        perf_mmap(5, 7, {.start = 0x4000, .path = "/bin/b"}) +
                        perf_sample(6, 7, {kUser, 0x4010})),
              UnorderedElementsAre(Pair("b;a+0x10", 1), Pair("b;b+0x10", 1)));
}

TEST(PerfData, GivesAForkWhatItsParentHadButNotWhatItMapsLater) {
  const auto library = [](std::uint64_t time, std::uint32_t pid, std::string_view path) {
    return perf_mmap(time, pid, {.start = 0x8000, .path = path});
  };
  EXPECT_THAT(
      stacks_in(perf_exec(1, 7, "p") + perf_mmap(2, 7, {.start = 0x4000, .path = "/bin/p"}) +
                perf_fork(3, 8, 7) + library(4, 8, "/lib/child.so") +
                library(5, 7, "/lib/parent.so") + perf_sample(6, 8, {kUser, 0x4010, 0x8010}) +
                perf_sample(7, 7, {kUser, 0x4010, 0x8010})),
      UnorderedElementsAre(Pair("p;child.so+0xf;p+0x10", 1), Pair("p;parent.so+0xf;p+0x10", 1)));
}

TEST(PerfData, KeepsWhatIsLeftAroundANewMapping) {
  EXPECT_THAT(
      stacks_in(perf_exec(1, 7, "a") +
                perf_mmap(2, 7, {.start = 0x4000, .length = 0x3000, .path = "/old"}) +
                perf_mmap(3, 7, {.start = 0x5000, .length = 0x1000, .path = "/new"}) +
                perf_sample(4, 7, {kUser, 0x4010}) + perf_sample(5, 7, {kUser, 0x5010}) +
                perf_sample(6, 7, {kUser, 0x6010})),
      UnorderedElementsAre(Pair("a;old+0x10", 1), Pair("a;new+0x10", 1), Pair("a;old+0x2010", 1)));
}

TEST(PerfData, MakesEqualPlacesOfTwoProcessesOneFrame) {
  const Recording recording = read(
      PerfText().file(perf_exec(1, 7, "a") + perf_mmap(2, 7, {.start = 0x4000, .path = "/bin/a"}) +
                      perf_exec(3, 8, "a") + perf_mmap(4, 8, {.start = 0x2000, .path = "/bin/a"}) +
                      perf_sample(5, 7, {kUser, 0x4010}) + perf_sample(6, 8, {kUser, 0x2010})));
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair("a;a+0x10", 2)));
  EXPECT_EQ(frames_of(recording.profiles[0], StackId{2})[0].address, 0U);
}

TEST(PerfData, NamesCodeMadeAtRunTimeByItsMapOrItsDump) {
  const std::string anonymous = perf_exec(1, 7, "node") +
                                perf_mmap(2, 7, {.start = 0x4000, .path = "//anon"}) +
                                perf_sample(3, 7, {kUser, 0x4010});
  EXPECT_THAT(stacks_in(anonymous), UnorderedElementsAre(Pair("node;perf-7.map+0x4010", 1)));
  EXPECT_THAT(
      stacks_in(anonymous + perf_mmap(4, 7, {.start = 0x9000, .path = "/home/me/jit-7.dump"})),
      UnorderedElementsAre(Pair("node;jit-7.dump+0x4010", 1)));
}

TEST(PerfData, CallsThreadsAsTheUserAsks) {
  const std::string records = perf_exec(1, 7, "my server") + perf_sample(2, 7, {kUser, 0x10}) +
                              perf_sample(3, 9, {kUser, 0x10}) + perf_sample(3, 0, {kUser, 0x10});
  EXPECT_THAT(
      stacks_in(records),
      UnorderedElementsAre(Pair("my_server;0x10", 1), Pair(":9;0x10", 1), Pair("swapper;0x10", 1)));
  EXPECT_THAT(stacks_in(records, {.pid = true}), Contains(Pair("my_server-7;0x10", 1)));
  EXPECT_THAT(stacks_in(records, {.tid = true}), Contains(Pair("my_server-7/7;0x10", 1)));
}

TEST(PerfData, MergesFramesThatGetTheSameName) {
  const NamePlace name = [](const Mapping& module, const Frame& place) {
    return std::vector<Frame>{{.function = place.offset < 0x20 ? "f" : "g", .module = module.path}};
  };
  EXPECT_THAT(
      stacks_in(perf_exec(1, 7, "a") + perf_mmap(2, 7, {.start = 0x4000, .path = "/bin/a"}) +
                    perf_sample(3, 7, {kUser, 0x4010, 0x4030}, 2) +
                    perf_sample(4, 7, {kUser, 0x4014, 0x4040}, 3),
                {.name_place = name}),
      UnorderedElementsAre(Pair("a;g;f", 5)));
}

TEST(PerfData, SaysHowManyEventsWereLost) {
  const Recording recording =
      read(PerfText().file(perf_exec(1, 7, "a") + perf_sample(2, 7, {kUser, 0x10}) +
                           perf_record(2, 0, numbers({0, 3}) + perf_id(7, 7, 3))));
  EXPECT_THAT(recording.warnings,
              ElementsAre("input: perf lost 3 events (75.0 % of all): the profile has gaps"));
}

TEST(PerfData, ReadsAFileThatPerfStillWrites) {
  const Recording recording =
      read(PerfText().file(perf_exec(1, 7, "a") + perf_sample(2, 7, {kUser, 0x10}), false));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings, ElementsAre(HasSubstr("perf has not finished this file")));
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair("a;0x10", 1)));
}

TEST(PerfData, SaysOnceThatRecordsAreOfANewerPerf) {
  const Recording recording =
      read(PerfText().file(perf_sample(2, 7, {kUser, 0x10}) + perf_record(77777, 0, numbers({1})) +
                           perf_record(77778, 0, numbers({1}))));
  EXPECT_THAT(recording.warnings, ElementsAre(HasSubstr("a record of type 77777")));
}

TEST(PerfData, LeavesOutSamplesThatContradictThemselves) {
  const std::string bad =
      perf_record(9, 2, numbers({0}) + halves({7, 7}) + numbers({1, 1, 1ULL << 60}));
  const Recording recording = read(PerfText().file(perf_sample(2, 7, {kUser, 0x10}) + bad));
  EXPECT_THAT(recording.warnings, ElementsAre(HasSubstr("1 of 2 samples contradict themselves")));
}

TEST(PerfData, SaysWhereTheRecordsAreCut) {
  const std::string whole =
      PerfText().file(perf_sample(2, 7, {kUser, 0x10}) + perf_sample(3, 7, {kUser, 0x10}));
  const Recording recording = read(whole.substr(0, whole.size() - 4));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings, Contains(HasSubstr("the file is cut")));
  EXPECT_THAT(recording.warnings, Contains(HasSubstr("no whole record")));
}

TEST(PerfData, SkipsAddressesThatNoThreadCanHave) {
  EXPECT_THAT(stacks_in(perf_sample(2, 0, {kUser, 0x10, ~0ULL, 0x20})),
              UnorderedElementsAre(Pair("swapper;0x1f;0x10", 1)));
}

// Samples in a row share what they end with; a mark or another space ends the sharing.
TEST(PerfData, ReadsAChainTheSameAfterAnyOther) {
  const std::string start =
      perf_exec(1, 7, "a") + perf_mmap(2, 7, {.start = 0x4000, .path = "/bin/a"}) +
      perf_exec(3, 8, "b") + perf_mmap(4, 8, {.start = 0x4000, .path = "/bin/b"});
  const std::vector<std::string> samples = {
      perf_sample(5, 7, {kUser, 0x4010, 0x4020, 0x4030}),
      perf_sample(6, 7, {kUser, 0x4020, 0x4030}),
      perf_sample(7, 7, {kKernel, 0x90, kUser, 0x4020, 0x4030}),
      perf_sample(8, 7, {kUser, 0x4018, ~0ULL, 0x4020, 0x4030}),
      perf_sample(9, 7, {kKernel, 0x4010, 0x4020, 0x4030}),
      perf_sample(10, 8, {kUser, 0x4010, 0x4020, 0x4030}),
      perf_sample(11, 8, {}),
  };
  std::map<std::string, std::int64_t> alone;
  for (const std::string& sample : samples) alone.merge(stacks_in(start + sample));
  EXPECT_EQ(alone.size(), samples.size());
  for (const std::string& first : samples) {
    for (const std::string& second : samples) {
      for (const auto& [stack, count] : stacks_in(start + first + second)) {
        EXPECT_TRUE(alone.contains(stack)) << stack;
        EXPECT_EQ(count, first == second ? 2 : 1) << stack;
      }
    }
  }
}

// Every field that may come before the registers and the stack, of odd sizes.
TEST(PerfData, SkipsTheFieldsOfASampleThatAProfileDoesNotNeed) {
  constexpr std::uint64_t kAll = 1U | 2U | 4U | 8U | 16U | 32U | 64U | 128U | 256U | 512U | 1024U |
                                 2048U | 4096U | 8192U | 65536U;
  constexpr std::uint64_t kGroupWithIds = 1U | 2U | 4U | 8U | 16U;
  const PerfText text{.sample_type = kAll, .read_format = kGroupWithIds, .regs_user = 0x3};
  const std::string counts = numbers({2, 10, 11, 1, 2, 3, 4, 5, 6});  // a group of two
  const std::string raw = halves({12}) + std::string(12, 'r');
  const std::string branches = numbers({1, 1, 2, 3});
  const std::string stack = numbers({2, 70, 71, 16, 0, 0, 8});  // registers, a copy of 16 bytes
  const std::string sample =
      perf_record(9, 2,
                  numbers({1, 0x10}) + halves({7, 7}) + numbers({5, 0, 1, 1, 0, 42}) + counts +
                      numbers({2, kUser, 0x10}) + raw + branches + stack);
  std::vector<std::uint64_t> seen;
  const PerfDataOptions options{.unwinder = [&] {
    return [&](const UserStack& user, std::vector<std::uint64_t>& addresses) {
      seen = {user.register_value(0), user.register_value(1), user.stack.size(),
              user.register_value(2)};
      addresses.push_back(0x30);
    };
  }};
  const Recording recording = read(text.file(sample), options);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_THAT(stacks_of(recording.profiles[0]), UnorderedElementsAre(Pair(":7;0x30;0x10", 42)));
  EXPECT_THAT(seen, ElementsAre(70, 71, 8, 0));
}

TEST(PerfData, KeepsSamplesInTheOrderOfTimeWhenAsked) {
  const Recording recording =
      read(PerfText().file(perf_sample(9, 0, {kUser, 0x10}, 2) + perf_sample(3, 0, {kUser, 0x20})),
           {.keep_time = true});
  const std::vector<Moment>& timeline = recording.profiles[0].timeline;
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(timeline[0].at, 3);
  EXPECT_EQ(timeline[1].value, 2);
  EXPECT_EQ(frames_of(recording.profiles[0], timeline[1].stack)[0].address, 0x10U);
}

TEST(PerfData, RefusesOtherByteOrdersAndFilesWithoutSamples) {
  EXPECT_EQ(error_from(kPerfDataFormat, "2ELIFREP" + std::string(200, '\0')),
            "input: recorded on a big-endian machine, which is not read");
  EXPECT_EQ(error_from(kPerfDataFormat, PerfText().file(perf_exec(1, 7, "a"))),
            "input: perf recorded no samples");
  EXPECT_THAT(error_from(kPerfDataFormat, PerfText().file("damaged, and no record at all")),
              HasSubstr("the records end with what is no whole record"));
  EXPECT_EQ(error_from(kPerfDataFormat, "PERFILE2"),
            "input+0x8: expected the header's size (8 bytes), found 0 bytes to the end");
  EXPECT_EQ(error_from(kPerfDataFormat, PerfText().file(perf_sample(1, 7, {kUser, 1}, 1ULL << 63))),
            "input+0x100: a sample's period does not fit 63 bits");
}

TEST(PerfData, GivesClocksTheirUnit) {
  EXPECT_THAT(read_sample("frame-pointers.data").profiles.at(0).value_types(),
              ElementsAre(ValueType{"cpu-clock", "nanoseconds"}, ValueType{"samples", "count"}));
}

TEST(PerfData, MakesOneProfileOfEachEvent) {
  const Recording recording = read_sample("events.data");
  std::vector<std::string> titles;
  for (const Profile& profile : recording.profiles) titles.push_back(profile.title);
  EXPECT_THAT(titles, ElementsAre("cpu-clock/period=500000/", "page-faults/period=20/",
                                  "context-switches/period=1/"));
  EXPECT_THAT(recording.profiles.at(1).total(), ElementsAre(20 * 55, 55));
}

// What one sched_switch of a program's own threads shows.
TEST(PerfData, CountsWaitsWhoseEndIsNotShown) {
  Recording recording = read_sample("sched-switch-own.data.gz");
  const Profile& profile = recording.profiles.at(0);
  EXPECT_EQ(profile.default_value, 0U);
  EXPECT_EQ(profile.value_types().size(), 2U);
  EXPECT_THAT(recording.warnings, Contains(HasSubstr("perf record -a, or --switch-events")));
}

// By the switch events of the thread itself, and by sched_switch of whoever ran instead.
TEST(PerfData, MeasuresHowLongThreadsWaited) {
  for (const std::string name : {"off-cpu.data", "sched-switch.data.gz"}) {
    const Recording recording = read_sample(name);
    const Profile& profile = recording.profiles.at(0);
    ASSERT_EQ(profile.value_types().size(), 3U) << name;
    EXPECT_EQ(profile.value_types()[2], (ValueType{"off-cpu", "nanoseconds"}));
    EXPECT_EQ(profile.default_value, 2U);
    // main() sleeps for 3 ms and its thread for 2 ms.
    const auto waits = stacks_of(profile, 2);
    const auto longest = std::ranges::max_element(waits, {}, [](const auto& wait) {
      return wait.first.starts_with("calls") ? wait.second : 0;
    });
    EXPECT_GE(longest->second, 2'000'000) << name;
  }
}

TEST(PerfData, SaysThatStackCopiesNeedAnUnwinder) {
  EXPECT_THAT(read_sample("dwarf.data").warnings,
              ElementsAre(HasSubstr("only the innermost frame of the program is shown")));
}

TEST(PerfData, GivesTheSameOnOneThreadAndOnMany) {
  // Pieces are of 4 MiB: several of them.
  std::string records = perf_exec(1, 7, "a");
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    records += perf_sample(i + 2, 7, {kUser, i % 512, i % 64, i % 8});
  }
  const std::string text = PerfText().file(records);
  const Recording one = read(text, {.threads = 1});
  const Recording many = read(text, {.threads = 4});
  ASSERT_EQ(one.profiles[0].stacks(), many.profiles[0].stacks());
  for (std::uint32_t i = 0; i < one.profiles[0].stacks(); ++i) {
    ASSERT_EQ(frames_of(one.profiles[0], StackId{i}), frames_of(many.profiles[0], StackId{i}));
    ASSERT_EQ(one.profiles[0].self(StackId{i})[0], many.profiles[0].self(StackId{i})[0]);
  }
}

}  // namespace
}  // namespace tidemark
