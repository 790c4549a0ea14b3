#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

constexpr std::string_view kHead =
    "tidemark-uprobes 1\npid 7\nwindow_us 1000\ncalls 90\nsamples 9\nlost 0\n";
constexpr std::string_view kMaps = "MAPPED_LIBRARIES:\n1000-2000: /bin/a (@0) aa\n";

Recording read(const std::string& text) {
  return kUprobesFormat.parse({.name = "input", .bytes = text});
}

std::string with(std::string_view stacks, std::string_view head = kHead) {
  return std::string(head) + std::string(stacks) + std::string(kMaps);
}

TEST(UprobeStacks, GivesEstimatesWithTheirVariances) {
  const Recording recording = read(with("10 1000 3 300 @ 0x1001 0x1101\n"));
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(recording.warnings, IsEmpty());
  EXPECT_THAT(profile.total(), ElementsAre(10, 1000));
  EXPECT_EQ(profile.variance(StackId{2}, 0), 9);
  EXPECT_EQ(profile.variance(StackId{2}, 1), 90000);
  EXPECT_THAT(frames_of(profile, StackId{2}),
              testing::Contains(Frame{.module = "/bin/a", .address = 0x1000, .offset = 0}));
}

TEST(UprobeStacks, OfTwoSitesAreThreeToOne) {
  const Recording recording = sample("tidemark-uprobes/two-sites.txt");
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(3962, 792400));
}

TEST(UprobeStacks, SayWhatWasLost) {
  std::string text = with("");
  text.replace(text.find("lost 0"), 6, "lost 5");
  EXPECT_THAT(read(text).warnings, ElementsAre("input:6: 5 samples were lost"));
}

TEST(UprobeStacks, NameTheLineThatIsWrong) {
  constexpr std::string_view kExpected =
      "input:7: expected '<calls> <bytes> <error> <error> @ <addresses>', found ";
  for (const std::string line : {"1 2 3 @ 0x1", "1 2 3 -4 @ 0x1", "1 2 3 4 0x1", "1 2 3 4 @ x"}) {
    EXPECT_EQ(error_from(kUprobesFormat, with(line + "\n")),
              std::string(kExpected) + "'" + line + "'");
  }
  EXPECT_THAT(error_from(kUprobesFormat, std::string(kHead)), HasSubstr("MAPPED_LIBRARIES:"));
}

TEST(UprobeStacks, OfANewerVersionAreRefused) {
  EXPECT_EQ(error_from(kUprobesFormat, "tidemark-uprobes 2\n"),
            "input:1: version 2 of this format; this tool knows version 1");
}

TEST(UprobeStacks, WhoseSumsDoNotFitAreAnError) {
  const std::string most = "1 9223372036854775807 0 0 @ 0x1001\n";
  EXPECT_THAT(error_from(kUprobesFormat, with(most + most)), HasSubstr("input:8: "));
}

}  // namespace
}  // namespace tidemark
