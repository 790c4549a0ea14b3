#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "parsers/heap_counts.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_samples.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::string_view kMaps =
    "\nMAPPED_LIBRARIES:\n"
    "1000-3000 r-xp 00000500 00:00 10954619    /bin/a b (deleted)\n"
    "3000-4000 rw-p 00000000 00:00 0 [heap]\n";

std::string with_maps(std::string_view records) { return std::string(records) += kMaps; }

Recording read(std::string_view text) {
  return kGperfHeapFormat.parse({.name = "input", .bytes = text});
}

double error_of(const Profile& profile, std::size_t value) {
  double variance = 0;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) {
    variance += profile.variance(StackId{i}, value);
  }
  return std::sqrt(variance);
}

// tests/data: leak_three() keeps 3 blocks of 100 bytes, temporary() frees 50 of
// 1000, mixed() frees 20 of 40, big() keeps 100 of 256.
TEST(GperfHeap, CountsWhatTheProgramAllocated) {
  const Recording recording = sample("gperf-heap/exact-2.10.heap");
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_FALSE(recording.partial);
  const Profile& profile = recording.profiles.at(0);
  EXPECT_FALSE(profile.sampled());
  EXPECT_THAT(leaves_of(profile),
              UnorderedElementsAre(Pair("prog+0x1185", ElementsAre(3, 300, 3, 300)),
                                   Pair("prog+0x11bd", ElementsAre(0, 0, 50, 50000)),
                                   Pair("prog+0x1217", ElementsAre(20, 4320, 40, 15040)),
                                   Pair("prog+0x12ab", ElementsAre(100, 25600, 100, 25600)),
                                   Pair("libc.so.6+0x758cb", ElementsAre(1, 4096, 1, 4096))));
  EXPECT_THAT(profile.total(), ElementsAre(124, 34316, 194, 95036));
  EXPECT_EQ(profile.value_types().at(profile.default_value).name, "inuse_space");
}

// The program kept 20000 blocks of 1000 bytes and 50 of 300000. The totals are
// those of a separate implementation of the same formula.
TEST(GperfHeap, EstimatesFromSamplesAsPprofDoes) {
  const Profile profile = sample("gperf-heap/sampled-2.10.heap").profiles.at(0);
  EXPECT_THAT(profile.total(), ElementsAre(21631, 36446734, 21631, 36446734));
  EXPECT_NEAR(error_of(profile, kInUseSpace), 1204452, 1);
  EXPECT_LT(std::abs(36446734 - 35000000), 2 * error_of(profile, kInUseSpace));
}

TEST(GperfHeap, CountsGrowthByItsOwnNames) {
  const Profile profile = sample("gperf-heap/growth-2.10.heap").profiles.at(0);
  EXPECT_THAT(profile.value_types(),
              ElementsAre(ValueType{"objects", "count"}, ValueType{"space", "bytes"}));
  EXPECT_THAT(profile.total(), ElementsAre(37, 38797312));
}

TEST(GperfHeap, PutsEachAddressBeforeTheReturnIntoItsModule) {
  const Recording recording =
      read(with_maps("heap profile: 1: 8 [1: 8] @ heapprofile\n 1: 8 [1: 8] @ 0x1001 0x9001\n"));
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(frames_of(profile, StackId{2}),
              ElementsAre(Frame{.module = "/bin/a b", .address = 0x1000, .offset = 0x500},
                          Frame{.address = 0x9000}));
  EXPECT_THAT(
      profile.mappings,
      ElementsAre(Mapping{
          .path = "/bin/a b", .build_id = "", .start = 0x1000, .end = 0x3000, .offset = 0x500}));
}

TEST(GperfHeap, KnowsBuildIdsInShortMaps) {
  const Recording recording = read(
      "heap profile: 1: 8 [1: 8] @ heapprofile\n 1: 8 [1: 8] @ 0x1001\n"
      "MAPPED_LIBRARIES:\n1000-2000: /bin/a (@500) 5a8f3c\n");
  EXPECT_THAT(recording.profiles.at(0).mappings, ElementsAre(Mapping{.path = "/bin/a",
                                                                     .build_id = "5a8f3c",
                                                                     .start = 0x1000,
                                                                     .end = 0x2000,
                                                                     .offset = 0x500}));
}

// A command "heap", a process "profile:" and a time, to perf script's reader.
TEST(GperfHeap, IsNotTakenForAnotherFormatWhenItsNumbersAreLarge) {
  for (const std::string_view header :
       {"heap profile: 1234567: 123456789 [1234567: 123456789] @ heapprofile\n",
        "heap profile: 1: 1 [1: 1] @ heap_v2/524288\n"}) {
    EXPECT_EQ(recognize(with_maps(std::string(header) + " 1: 1 [1: 1] @ 0x1\n")),
              &kGperfHeapFormat);
  }
}

struct Kind {
  std::string_view kind;
  std::int64_t objects;
};

// 1 object of 1000 bytes at one sample in 1000: 1 / (1 - exp(-1)) = 1.58; in
// 500: 1.16; in 100000: 100.5.
TEST(GperfHeap, ScalesAsTheHeaderSays) {
  for (const auto& [kind, objects] :
       {Kind{"heapprofile", 1}, Kind{"heap_v2/100000", 100}, Kind{"heapz_v2/100000", 100},
        Kind{"heap/200000", 100}, Kind{"heap_v2/1", 1}, Kind{"growth", 1}, Kind{"growthz/1", 1}}) {
    const std::string text =
        "heap profile: 1: 1000 [1: 1000] @ " + std::string(kind) + "\n1: 1000 [1: 1000] @ 0x1001\n";
    EXPECT_EQ(read(with_maps(text)).profiles.at(0).total()[0], objects) << kind;
  }
}

TEST(GperfHeap, GivesTheVarianceOfAnEstimate) {
  const HeapEstimate whole = estimate({100, 100000, 100, 100000}, 65536);
  EXPECT_THAT(whole.values, ElementsAre(6603, 6603727, 6603, 6603727));
  EXPECT_NEAR(std::sqrt(whole.variances[0]), 655.4, 0.5);
  EXPECT_NEAR(std::sqrt(whole.variances[1]), 655400, 500);
}

TEST(GperfHeap, UndoesTheOverflowOfObjectCounts) {
  const Recording recording =
      read(with_maps("heap profile: 0: 0 [-2: 8] @ heapprofile\n 0: 0 [-2: 8] @ 0x1001\n"));
  EXPECT_EQ(recording.profiles.at(0).total()[2], 4294967294);
  EXPECT_THAT(recording.warnings,
              ElementsAre(HasSubstr("input:2: gperftools counts objects in 32 bits")));
}

TEST(GperfHeap, SaysThatStacksDidNotFitItsBuffer) {
  const Recording recording =
      read(with_maps("heap profile: 3: 30 [3: 30] @ heapprofile\n 1: 10 [1: 10] @ 0x1001\n"));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre(HasSubstr("the header says 30 bytes in use, the 1 records hold 10")));
}

TEST(GperfHeap, ReadsAFileThatEndsInsideALine) {
  const Recording recording =
      read("heap profile: 3: 30 [3: 30] @ heapprofile\n 1: 30 [1: 30] @ 0x1001\n 2: 2");
  EXPECT_TRUE(recording.partial);
  EXPECT_EQ(recording.profiles.at(0).total()[1], 30);
  EXPECT_THAT(
      recording.warnings,
      ElementsAre("input:3: the file ends inside this line; it is left out",
                  "input:3: the file ends without MAPPED_LIBRARIES: modules are not known"));
}

TEST(GperfHeap, TakesAProfileOfNothingForWhatItIs) {
  const Recording recording = read(with_maps("heap profile: 0: 0 [0: 0] @ heapprofile\n"));
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(0, 0, 0, 0));
}

TEST(GperfHeap, KeepsRecordsWithoutAddresses) {
  EXPECT_THAT(stacks_of(read(with_maps("heap profile: 1: 8 [1: 8] @ heapprofile\n 1: 8 [1: 8] @\n"))
                            .profiles.at(0)),
              ElementsAre(Pair("[unknown]", ElementsAre(1, 8, 1, 8))));
}

TEST(GperfHeap, NamesTheLineThatIsWrong) {
  const std::string head = "heap profile: 1: 8 [1: 8] @ heapprofile\n";
  const std::string sampled = "heap profile: 1: 8 [1: 8] @ heap_v2/524288\n";
  EXPECT_EQ(error_from(kGperfHeapFormat, "heap profile: 1: 8 [1"),
            "input:1: expected 'heap profile: <objects>: <bytes> [<objects>: <bytes>] @ <kind>', "
            "found 'heap profile: 1: 8 [1'");
  EXPECT_THAT(error_from(kGperfHeapFormat, head), HasSubstr("input:2: expected '<objects>:"));
  EXPECT_THAT(error_from(kGperfHeapFormat, head + "1: 8 [1: 8] @ 0x12g\n"),
              HasSubstr("found '1: 8 [1: 8] @ 0x12g'"));
  EXPECT_THAT(error_from(kGperfHeapFormat, head + "1: 9223372036854775808 [1: 8] @ 0x1\n"),
              HasSubstr("input:2: expected '<objects>:"));
  EXPECT_THAT(error_from(kGperfHeapFormat, "heap profile: 1: 8 [1: 8] @ contention\n1"),
              HasSubstr("input:1: expected '@ heapprofile'"));
  EXPECT_EQ(error_from(kGperfHeapFormat, head + "1: 9223372036854775807 [1: 8] @ 0x1\n" +
                                             "1: 9223372036854775807 [1: 8] @ 0x1\n"),
            "input:3: a sum does not fit 64 bits");
  EXPECT_EQ(error_from(kGperfHeapFormat, sampled + "0: 5 [0: 5] @ 0x1\n"),
            "input:2: 5 bytes in no object");
  EXPECT_THAT(
      error_from(kGperfHeapFormat, sampled + "9223372036854775807: 9223372036854775807 [0: 0] @\n"),
      HasSubstr("input:2: 9223372036854775807 objects of"));
}

}  // namespace
}  // namespace tidemark
