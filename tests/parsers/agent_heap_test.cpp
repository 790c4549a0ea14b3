#include "parsers/agent_heap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/value_names.h"
#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_file_writer.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSecond = HeapFileWriter::kSecond;

// A server that keeps 100 blocks of 1000 bytes in a cache and frees 50 of 64 bytes at once.
HeapFileWriter server() {
  HeapFileWriter file;
  const auto libc = static_cast<std::uint64_t>(file.module("/lib/libc.so.6", 0x7f0000000000));
  const std::uint32_t start = file.call(0, HeapFileWriter::place(libc, 0x2724));
  const std::uint32_t main = file.call(start, HeapFileWriter::place(0, 0x1100));
  const std::uint32_t cache = file.site(file.call(main, HeapFileWriter::place(0, 0x1200)));
  const std::uint32_t text = file.site(file.call(main, HeapFileWriter::place(0, 0x1300)));
  for (int i = 0; i < 100; ++i) file.block(cache, 1000, kSecond * static_cast<std::uint64_t>(i));
  for (int i = 0; i < 40; ++i) file.freed(text, 64, 0);
  for (int i = 0; i < 10; ++i) file.freed(text, 64, 3);
  return file;
}

HeapReading reading_of(const HeapFileWriter& file) {
  const std::string bytes = file.bytes();
  return read_heap({.name = "input", .bytes = bytes});
}

double total(const HeapReading& reading, std::string_view value) {
  const Profile& profile = reading.recording.profiles.at(0);
  return static_cast<double>(profile.total().at(*value_named(profile, value)));
}

double total_variance(const Profile& profile, std::size_t value) {
  double sum = 0;
  for (std::uint32_t i = 0; i < profile.stacks(); ++i) sum += profile.variance(StackId{i}, value);
  return sum;
}

double chance(double size) { return -std::expm1(-size / 524288); }

TEST(AgentHeap, EstimatesWhatIsInUseFromTheBlocksThatLive) {
  const HeapReading reading = reading_of(server());
  EXPECT_NEAR(total(reading, "inuse_space"), 100 * 1000 / chance(1000), 1);
  EXPECT_NEAR(total(reading, "inuse_objects"), 100 / chance(1000), 1);
  const double p = chance(1000);
  EXPECT_NEAR(total_variance(reading.recording.profiles[0], 1) / (100 * 1e6 * (1 - p) / (p * p)), 1,
              1e-6);
}

TEST(AgentHeap, ShowsWhatIsInUseUnlessAsked) {
  const HeapReading reading = reading_of(server());
  const Profile& profile = reading.recording.profiles.at(0);
  EXPECT_EQ(profile.value_types().at(profile.default_value).name, "inuse_space");
}

TEST(AgentHeap, CountsWhatWasAllocatedAndWhatLivedForMillisecondsOnly) {
  const HeapReading reading = reading_of(server());
  EXPECT_NEAR(total(reading, "alloc_space"), 100 * 1000 / chance(1000) + 50 * 64 / chance(64), 2);
  EXPECT_NEAR(total(reading, "temporary_space"), 40 * 64 / chance(64), 1);
  EXPECT_NEAR(total(reading, "temporary_objects"), 40 / chance(64), 1);
}

TEST(AgentHeap, TakesTheMarkOfASiteThatChangedSinceThePeak) {
  HeapFileWriter file = server();
  file.header.peak_epoch = 7;
  file.sites[1].peak_epoch = 7;  // had these bytes at the peak
  file.sites[1].peak_bytes = 123456;
  file.sites[1].peak_objects = 12;
  file.sites[0].peak_epoch = 6;  // as it is now: not touched since
  file.sites[0].peak_bytes = 1;
  const HeapReading reading = reading_of(file);
  EXPECT_NEAR(total(reading, "peak_space"), 123456 + 100 * 1000 / chance(1000), 1);
}

TEST(AgentHeap, PutsFramesWhereASymbolizerFindsThem) {
  HeapFileWriter file = server();
  file.modules[0].shift = -0x1000;  // its code lies 0x1000 earlier in the file than its addresses
  const HeapReading reading = reading_of(file);
  const Profile& profile = reading.recording.profiles.at(0);
  std::vector<Frame> frames = frames_of(profile, StackId{3});
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0],
            (Frame{.module = "/opt/server", .address = 0x555500001200, .offset = 0x200}));
  EXPECT_EQ(frames[2],
            (Frame{.module = "/lib/libc.so.6", .address = 0x7f0000002724, .offset = 0x2724}));
  ASSERT_EQ(profile.mappings.size(), 2U);
  EXPECT_EQ(profile.mappings[0].build_id, "abcd0012");
  EXPECT_EQ(frames[0].address - profile.mappings[0].start + profile.mappings[0].offset,
            frames[0].offset);
}

TEST(AgentHeap, GivesAModuleThatWasUnloadedNoMappingWhereAnotherIsNow) {
  HeapFileWriter file = server();
  file.module("/opt/new.so", 0x7f0000000000);
  file.modules[1].gone_ns = 5;
  const HeapReading reading = reading_of(file);
  const Profile& profile = reading.recording.profiles.at(0);
  ASSERT_EQ(profile.mappings.size(), 2U);
  EXPECT_EQ(profile.mappings[1].path, "/opt/new.so");
  EXPECT_EQ(frames_of(profile, StackId{1})[0].module, "/lib/libc.so.6");
}

TEST(AgentHeap, SaysWhichProcessItIsOf) {
  const Recording recording = reading_of(server()).recording;
  ASSERT_EQ(recording.processes.size(), 1U);
  EXPECT_EQ(
      recording.processes[0],
      (ProcessRecord{.pid = 4711, .parent = 4700, .command = "server --port 1", .finished = true}));
  EXPECT_EQ(recording.profiles.at(0).at, 100'000);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_FALSE(recording.partial);
}

TEST(AgentHeap, SortsBlocksByTheAgeThatTheyHaveOrWereFreedAt) {
  const HeapReading reading = reading_of(server());
  const HeapSiteAges cache = ages_of(reading.ages, StackId{3});
  // 0 s is below a millisecond; 1 to 9 s; 10 to 59 s; 60 to 99 s
  EXPECT_THAT(cache.living, ElementsAre(1, 0, 0, 0, 9, 50, 40, 0, 0, 0, 0));
  const HeapSiteAges text = ages_of(reading.ages, StackId{4});
  EXPECT_THAT(text.freed, ElementsAre(40, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_NEAR(static_cast<double>(text.freed_bytes[3]), 10 * 64 / chance(64), 1);
}

TEST(AgentHeap, ListsTheBlocksThatLive) {
  const HeapReading reading = reading_of(server());
  ASSERT_EQ(reading.living.size(), 100U);
  EXPECT_EQ(reading.living[99].stack, StackId{3});
  EXPECT_EQ(reading.living[99].size, 1000U);
  EXPECT_EQ(reading.living[99].born_ns, reading.header.last_ns - 99 * kSecond);
}

TEST(AgentHeap, AgesGoOnWhenTheProgramIsQuiet) {
  const std::string bytes = server().bytes();
  const HeapReading reading =
      read_heap({.name = "input", .bytes = bytes}, HeapFileWriter::kOpened + 4000 * kSecond);
  EXPECT_THAT(ages_of(reading.ages, StackId{3}).living,
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0));
}

TEST(AgentHeap, AResetForgetsWhatWasAllocatedButNotWhatLives) {
  HeapFileWriter file = server();
  file.header.generation = 1;
  const HeapReading reading = reading_of(file);
  EXPECT_EQ(total(reading, "alloc_space"), 0);
  EXPECT_NEAR(total(reading, "inuse_space"), 100 * 1000 / chance(1000), 1);
}

TEST(AgentHeap, WhatIsBelowNothingByRoundingIsNothing) {
  HeapFileWriter file = server();
  file.sites[1].live_bytes = -2.3e-13;
  file.sites[1].peak_objects = -3.5e-15;
  EXPECT_THAT(reading_of(file).recording.warnings, IsEmpty());
}

// Many sites at the end of one long chain would have stacks far larger than the file.
TEST(AgentHeap, CutsStacksThatAreDeeperThanTheAgentMakesThem) {
  HeapFileWriter file;
  std::uint32_t node = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) node = file.call(node, HeapFileWriter::place(0, i));
  file.block(file.site(node), 1000);
  const Recording recording = reading_of(file).recording;
  EXPECT_EQ(recording.profiles.at(0).stacks(), 1025U);
  EXPECT_THAT(recording.warnings, ElementsAre(HasSubstr("1 stacks end early")));
  EXPECT_EQ(recording.profiles.at(0).self(StackId{1024})[1], 524788);
}

TEST(AgentHeap, ThreadNamesAreOutermostFrames) {
  HeapFileWriter file;
  file.names.push_back({});
  HeapFileWriter::copy("worker-1", file.names[0].name);
  const std::uint32_t thread = file.call(0, HeapFileWriter::place(heap_file::kThreadName, 0));
  file.block(file.site(file.call(thread, HeapFileWriter::place(0, 0x1200))), 1000);
  const HeapReading reading = reading_of(file);
  EXPECT_EQ(frames_of(reading.recording.profiles.at(0), StackId{2}).at(1).function,
            "thread worker-1");
}

TEST(AgentHeap, LeavesOutABlockThatIsBeingWritten) {
  HeapFileWriter file = server();
  file.lives[0].size = 1'000'000'000;  // the check is of what stood there before
  EXPECT_NEAR(total(reading_of(file), "inuse_space"), 99 * 1000 / chance(1000), 1);
}

// One line for each thing that the reader of a profile has to know.
struct Said {
  const char* name;
  void (*change)(HeapFileWriter& file);
  const char* warning;
  bool partial = false;
};

class AgentHeapSays : public testing::TestWithParam<Said> {};

TEST_P(AgentHeapSays, WhatTheReaderMustKnow) {
  HeapFileWriter file = server();
  GetParam().change(file);
  const Recording recording = reading_of(file).recording;
  EXPECT_THAT(recording.warnings, ElementsAre(HasSubstr(GetParam().warning)));
  EXPECT_EQ(recording.partial, GetParam().partial);
}

using heap_file::Origin;
using heap_file::State;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    Table, AgentHeapSays,
    testing::Values(
        Said{"injected",
             [](HeapFileWriter& f) { f.header.origin = std::uint32_t(Origin::kInjected); },
             "what was allocated before is not known"},
        Said{"paused", [](HeapFileWriter& f) { f.header.state = std::uint32_t(State::kPaused); },
             "sampling is paused"},
        Said{"trouble",
             [](HeapFileWriter& f) { HeapFileWriter::copy("no\x1bunwinder", f.header.trouble); },
             "the agent says: no\\x1bunwinder"},
        Said{"throttled", [](HeapFileWriter& f) { f.header.control.mean_bytes = 65536; },
             "one byte in 524288, not in 65536 as asked"},
        Said{"full", [](HeapFileWriter& f) { f.header.lost_live = 3; },
             "the table of live blocks was full: 3 of 100 samples", true},
        Said{"no_sites", [](HeapFileWriter& f) { f.header.lost_sites = 3; },
             "the table of allocation sites was full: 3 of 150 samples", true},
        Said{"hardly_full", [](HeapFileWriter& f) { f.header.lost_nodes = 1; },
             "the table of stacks was full, stacks are cut: 1 of 150 samples"},
        Said{"cut_stacks", [](HeapFileWriter& f) { f.header.cut_stacks = 15; },
             "15 of 150 stacks are cut"},
        Said{"nan", [](HeapFileWriter& f) { f.sites[1].bytes = kNan; },
             "an allocation site whose sums cannot be; 1 like it", true},
        Said{"negative", [](HeapFileWriter& f) { f.sites[1].freed_bytes_at_age[2] = -1; },
             "an allocation site whose sums cannot be; 1 like it", true},
        Said{"infinite", [](HeapFileWriter& f) { f.sites[1].objects_variance = HUGE_VAL; },
             "an allocation site whose sums cannot be; 1 like it", true},
        Said{"circle", [](HeapFileWriter& f) { f.nodes[1].caller = 2 + 2; }, "1 stacks end early",
             true},
        Said{"nowhere", [](HeapFileWriter& f) { f.nodes[1].caller = 4'000'000; },
             "1 stacks end early", true}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(AgentHeap, SaysWhenNothingWasSampled) {
  HeapFileWriter file;
  EXPECT_THAT(reading_of(file).recording.warnings, ElementsAre(HasSubstr("nothing was sampled")));
}

TEST(AgentHeap, ReadsWhatIsThereOfACutFile) {
  const HeapFileWriter file = server();
  const std::string whole = file.bytes();
  const std::string cut = whole.substr(0, whole.size() - 50 * sizeof(heap_file::Live));
  const HeapReading reading = read_heap({.name = "input", .bytes = cut});
  EXPECT_TRUE(reading.recording.partial);
  EXPECT_THAT(reading.recording.warnings,
              ElementsAre(HasSubstr("the file ends here, of " + std::to_string(whole.size()))));
  EXPECT_NEAR(total(reading, "inuse_space"), 50 * 1000 / chance(1000), 1);
}

TEST(AgentHeap, NamesAVersionThatItDoesNotKnow) {
  HeapFileWriter file = server();
  file.header.version = 2;
  EXPECT_EQ(error_from(kTidemarkHeapFormat, file.bytes()),
            "input+0x8: the heap file has version 2; this tool knows version 1");
}

TEST(AgentHeap, RefusesSectionsThatDoNotLieInTheFile) {
  for (const std::uint64_t count : {std::uint64_t{1000}, ~std::uint64_t{0}}) {
    std::string bytes = server().bytes();
    std::memcpy(bytes.data() + offsetof(heap_file::Header, sites) + 8, &count, 8);
    EXPECT_THAT(error_from(kTidemarkHeapFormat, bytes), HasSubstr("does not lie in a file of"));
  }
}

TEST(AgentHeap, RefusesAFileThatIsNotReady) {
  HeapFileWriter file;
  file.header.state = 0;
  EXPECT_THAT(error_from(kTidemarkHeapFormat, file.bytes()), HasSubstr("has not finished making"));
}

// The sample in tests/data is what the writer makes; TIDEMARK_UPDATE=1 writes it anew.
TEST(AgentHeap, TheSampleIsOfThisLayout) {
  const std::filesystem::path path =
      std::filesystem::path(TIDEMARK_TEST_DATA) / "tidemark-heap" / "written.tmheap";
  if (std::getenv("TIDEMARK_UPDATE") != nullptr) write_file(path, server().bytes());
  EXPECT_EQ(read_file(path).bytes(), server().bytes());
}

}  // namespace
}  // namespace tidemark
