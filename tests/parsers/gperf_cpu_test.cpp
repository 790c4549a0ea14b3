#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_samples.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::string_view kMaps = "1000-2000 r-xp 00000000 00:00 1 /bin/a\n";

struct Writer {
  std::size_t size;
  std::endian order;
};

std::string written(const std::vector<std::uint64_t>& words,
                    Writer writer = {.size = 8, .order = std::endian::little}) {
  std::string out;
  for (const std::uint64_t word : words) {
    for (std::size_t i = 0; i < writer.size; ++i) {
      const std::size_t at = writer.order == std::endian::little ? i : writer.size - 1 - i;
      out += static_cast<char>(word >> (8 * at) & 0xFF);
    }
  }
  return out;
}

Recording read(const std::string& bytes) {
  return kGperfCpuFormat.parse({.name = "input", .bytes = bytes});
}

// tests/data: two of three calls are made by spin_more(), which runs thrice as long.
TEST(GperfCpu, FindsWhereTheProgramSpentItsTime) {
  const Recording recording = sample("gperf-cpu/spin-2.10.prof");
  EXPECT_THAT(recording.warnings, IsEmpty());
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(profile.total(), ElementsAre(64, 640000000));
  EXPECT_EQ(profile.value_types().at(profile.default_value), (ValueType{"cpu", "nanoseconds"}));
  EXPECT_THAT(leaves_of(profile),
              UnorderedElementsAre(Pair("prog+0x12f5", ElementsAre(50, 500000000)),
                                   Pair("prog+0x12f9", ElementsAre(14, 140000000))));
}

TEST(GperfCpu, ReadsWordsOfEachSizeAndOrder) {
  for (const Writer writer : {Writer{.size = 8, .order = std::endian::little},
                              Writer{.size = 8, .order = std::endian::big},
                              Writer{.size = 4, .order = std::endian::little},
                              Writer{.size = 4, .order = std::endian::big}}) {
    const std::string bytes =
        written({0, 3, 0, 10000, 0, 2, 2, 0x1010, 0x1021, 1, 2, 0x1010, 0x1021, 0, 1, 0}, writer) +
        std::string(kMaps);
    ASSERT_TRUE(kGperfCpuFormat.recognizes(bytes));
    EXPECT_THAT(stacks_of(read(bytes).profiles.at(0)),
                ElementsAre(Pair("a+0x10 < a+0x20", ElementsAre(3, 30000000))));
  }
}

TEST(GperfCpu, KeepsAnInnermostAddressThatComesTwiceOnce) {
  const std::string bytes =
      written({0, 3, 0, 10000, 0, 2, 3, 0x1010, 0x1010, 0x1021, 0, 1, 0}) + std::string(kMaps);
  EXPECT_THAT(stacks_of(read(bytes).profiles.at(0)),
              ElementsAre(Pair("a+0x10 < a+0x20", ElementsAre(2, 20000000))));
}

TEST(GperfCpu, SkipsHeaderWordsItDoesNotKnow) {
  const std::string bytes = written({0, 5, 0, 10000, 0, 7, 7, 1, 1, 0x1010, 0, 1, 0});
  EXPECT_THAT(read(bytes).profiles.at(0).total(), ElementsAre(1, 10000000));
}

TEST(GperfCpu, SaysThatThereWereNoSamples) {
  const Recording recording = read(written({0, 3, 0, 10000, 0, 0, 1, 0}) + std::string(kMaps));
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre(HasSubstr("input+0x40: the profile holds no samples")));
}

TEST(GperfCpu, SaysWhereTheFileIsCut) {
  const Recording recording = read(written({0, 3, 0, 10000, 0, 2, 1, 0x1010, 4, 5, 0x1010}));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(2, 20000000));
  EXPECT_THAT(recording.warnings,
              ElementsAre("input+0x40: the file ends here, inside its samples; 1 records before it "
                          "are whole"));
}

TEST(GperfCpu, NamesThePlaceThatIsWrong) {
  EXPECT_EQ(error_from(kGperfCpuFormat, written({0, 3, 0, 10000, 0})),
            "input+0x28: expected a sample, found the end of the file");
  EXPECT_EQ(error_from(kGperfCpuFormat, written({0, 3, 0, 10000, 0, 1, 99999, 1})),
            "input+0x38: expected a stack of at most 65536 addresses, found 99999");
  EXPECT_THAT(error_from(kGperfCpuFormat,
                         written({0, 3, 0, 10000, 0, 0x7FFFFFFFFFFFFFFF, 1, 0x1010, 0, 1, 0})),
              HasSubstr("a product does not fit 64 bits"));
  EXPECT_THAT(error_from(kGperfCpuFormat, written({0, 3, 0, 10000, 0, 1, 0, 0, 1, 0})),
              HasSubstr("found 1 samples of 0 addresses"));
}

}  // namespace
}  // namespace tidemark
