#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>

#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_samples.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Recording read(std::string_view text) {
  return kJemallocHeapFormat.parse({.name = "input", .bytes = text});
}

constexpr std::string_view kWhole =
    "heap_v2/8\n  t*: 1: 8 [2: 16]\n  t0: 1: 8 [2: 16]\n@ 0x1001\n  t*: 1: 8 [2: 16]\n"
    "  t0: 1: 8 [2: 16]\n\nMAPPED_LIBRARIES:\n1000-2000 r-xp 00000000 fe:00 1 /bin/a\n";

// redis 7.0 under redis-benchmark. The totals are those of a separate
// implementation of the same formula.
TEST(JemallocHeap, EstimatesWhatRedisHolds) {
  const Recording recording = sample("jemalloc-heap/redis-5.3.0.heap");
  EXPECT_THAT(recording.warnings, IsEmpty());
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(profile.total(), ElementsAre(42125, 2278370, 375235, 21063089));
  EXPECT_TRUE(profile.sampled());
  double variance = 0;
  for (std::uint32_t i = 1; i < profile.stacks(); ++i) variance += profile.variance(StackId{i}, 1);
  EXPECT_NEAR(std::sqrt(variance), 149844, 1);
}

TEST(JemallocHeap, CountsAllThreadsOnce) {
  const Recording recording = read(kWhole);
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(1, 12, 3, 25));
  EXPECT_THAT(frames_of(recording.profiles.at(0), StackId{1}),
              ElementsAre(Frame{.module = "/bin/a", .address = 0x1000, .offset = 0}));
}

TEST(JemallocHeap, SaysWhereTheFileIsCut) {
  const Recording recording = read(kWhole.substr(0, kWhole.find("MAPPED")));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:7: the file ends before its MAPPED_LIBRARIES: modules are not "
                          "known"));
}

TEST(JemallocHeap, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kJemallocHeapFormat, "heap_v2/x\n"),
            "input:1: expected 'heap_v2/<number>', found 'heap_v2/x'");
  EXPECT_EQ(error_from(kJemallocHeapFormat, "heap_v2/1\n@ 0x1\n"),
            "input:2: expected '  t*: <objects>: <bytes> [<objects>: <bytes>]', found '@ 0x1'");
  const std::string head = "heap_v2/1\n  t*: 1: 8 [2: 16]\n";
  EXPECT_THAT(error_from(kJemallocHeapFormat, head + "  t*: 1: 8 [2: 16]\n"),
              HasSubstr("input:3: expected '@ <addresses>' before it"));
  EXPECT_THAT(error_from(kJemallocHeapFormat, head + "@ 0x1\n@ 0x2\n"),
              HasSubstr("input:4: expected '  t*: <objects>"));
  EXPECT_THAT(error_from(kJemallocHeapFormat, head + "@ 0x1\n  t*: 0: 8 [2: 16]\n"),
              HasSubstr("input:4: 8 bytes in no object"));
  EXPECT_THAT(error_from(kJemallocHeapFormat, head), HasSubstr("found the end of the file"));
}

}  // namespace
}  // namespace tidemark
