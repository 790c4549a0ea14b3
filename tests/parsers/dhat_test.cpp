#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/stacks_of.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

Recording read(std::string_view text) {
  return kDhatFormat.parse({.name = "input", .bytes = text});
}

Recording read_sample(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/dhat/" + name);
  return kDhatFormat.parse(file.input());
}

constexpr std::string_view kHead =
    "{\"dhatFileVersion\":2,\"mode\":\"heap\",\"bkacc\":true,\"cmd\":\"./a\",\"pid\":7,\"te\":99\n";
constexpr std::string_view kPoint =
    "{\"tb\":100,\"tbk\":2,\"tl\":9,\"gb\":50,\"gbk\":1,\"eb\":30,\"ebk\":1,\"rb\":4,\"wb\":5,"
    "\"acc\":[-1,2],\"fs\":[1,2]}";
constexpr std::string_view kTable =
    ",\"ftbl\":[\"[root]\",\"0x1: f (a.c:1)\",\"0x2: main (a.c:2)\"]";

std::string document(std::string_view points, std::string_view table = kTable) {
  return std::string(kHead) + ",\"pps\":[" + std::string(points) + "]\n" + std::string(table) +
         "}\n";
}

TEST(Dhat, ReadsTheNumbersOfEachPoint) {
  const Recording recording = read(document(kPoint));
  const Profile& profile = recording.profiles.at(0);
  EXPECT_THAT(profile.value_types(),
              ElementsAre(ValueType{"alloc_space", "bytes"}, ValueType{"alloc_objects", "count"},
                          ValueType{"peak_space", "bytes"}, ValueType{"peak_objects", "count"},
                          ValueType{"inuse_space", "bytes"}, ValueType{"inuse_objects", "count"},
                          ValueType{"read_space", "bytes"}, ValueType{"written_space", "bytes"},
                          ValueType{"lifetime", "instructions"}));
  EXPECT_THAT(profile.total(), ElementsAre(100, 2, 50, 1, 30, 1, 4, 5, 9));
  EXPECT_THAT(stacks_of(profile), UnorderedElementsAre(Pair("main;f", 100)));
  EXPECT_EQ(profile.pid, 7);
  EXPECT_EQ(profile.at, 99);
  EXPECT_EQ(recording.processes.at(0).command, "./a");
}

TEST(Dhat, FindsTheExactBlocksOfTheSample) {
  const Recording recording = read_sample("heap.json");
  EXPECT_FALSE(recording.partial);
  // leaky2.c: 4 blocks of 100 bytes in f and 40 of 3000 to 3039 bytes in rounds.
  EXPECT_EQ(stacks_of(recording.profiles.at(0), 0)["main;f;malloc"], 400);
  EXPECT_EQ(stacks_of(recording.profiles.at(0), 1)["main;f;malloc"], 4);
  EXPECT_EQ(stacks_of(recording.profiles.at(0), 0)["main;rounds;g;malloc"], 120780);
  EXPECT_EQ(stacks_of(recording.profiles.at(0), 4)["main;rounds;g;malloc"], 78507);
}

TEST(Dhat, ReadsAdHocEventsInTheirOwnUnit) {
  const Recording recording = read_sample("ad-hoc.json");
  EXPECT_THAT(recording.profiles.at(0).value_types(),
              ElementsAre(ValueType{"units", "units"}, ValueType{"events", "count"}));
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              UnorderedElementsAre(Pair("main;f", 5), Pair("main;g;f", 40)));
}

TEST(Dhat, ReadsCopies) {
  EXPECT_THAT(read_sample("copy.json").profiles.at(0).value_types(),
              ElementsAre(ValueType{"copied_space", "bytes"}, ValueType{"copies", "count"}));
}

TEST(Dhat, KeepsWholePointsOfAFileThatIsCutOff) {
  const std::string whole = document(std::string(kPoint) + "\n," + std::string(kPoint));
  const Recording recording = read(whole.substr(0, whole.find("}\n,") + 20));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(stacks_of(recording.profiles.at(0)),
              UnorderedElementsAre(Pair("[frame 2];[frame 1]", 100)));
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:3: the file ends early; 1 program points before it are whole, 2 "
                          "of their frames have no name"));
}

TEST(Dhat, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from(kDhatFormat, "{\"dhatFileVersion\":3}"),
            "input:1: this is DHAT's file version 3; version 2 is the one read here");
  EXPECT_EQ(error_from(kDhatFormat, document("{\"tb\":\n\"many\"}")),
            "input:3: expected a whole number from 0 to 2^63 - 1 for 'tb', found 'many'");
  EXPECT_EQ(error_from(kDhatFormat, document("{\"tb\":99999999999999999999}")),
            "input:2: expected a whole number from 0 to 2^63 - 1 for 'tb', found "
            "99999999999999999999");
  EXPECT_EQ(error_from(kDhatFormat, document("{\"tb\":1,\"fs\":[7]}")),
            "input:4: the frame table ends at 3, and 1 frames are beyond it");
  EXPECT_THAT(error_from(kDhatFormat, document("{\"tb\" 1}")),
              HasSubstr("input:2: expected JSON, found "));
}

TEST(Dhat, RefusesDeepJsonAtOnce) {
  const std::string deep = std::string(kHead) + ",\"x\":" + std::string(1 << 20, '[');
  EXPECT_EQ(error_from(kDhatFormat, deep), "input:2: expected at most 64 levels of JSON");
}

TEST(Dhat, IsRecognisedByItsFirstKey) {
  EXPECT_TRUE(kDhatFormat.recognizes("{\"dhatFileVersion\":2\n"));
  EXPECT_TRUE(kDhatFormat.recognizes(" {\n \"dhatFileVersion\": 2\n"));
  EXPECT_FALSE(kDhatFormat.recognizes("{\"version\":2}"));
}

}  // namespace
}  // namespace tidemark
