#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"
#include "tests/parsers/heap_samples.h"

namespace tidemark {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

struct Number {
  std::uint32_t field;
  std::uint64_t value;
};

// A field of the given number that is a message of numbers.
std::string message(std::uint32_t field, std::initializer_list<Number> numbers,
                    std::string_view more = "") {
  std::string inner;
  protozero::pbf_writer writer(inner);
  for (const Number& number : numbers) writer.add_uint64(number.field, number.value);
  inner += more;
  std::string out;
  protozero::pbf_writer(out).add_message(field, inner);
  return out;
}

std::string number(std::uint32_t field, std::uint64_t value) {
  std::string out;
  protozero::pbf_writer(out).add_uint64(field, value);
  return out;
}

std::string texts(std::initializer_list<std::string_view> entries) {
  std::string out;
  protozero::pbf_writer writer(out);
  for (const std::string_view entry : entries) {
    writer.add_string(6, entry.data(), entry.size());
  }
  return out;
}

std::string packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
  std::string out;
  protozero::pbf_writer(out).add_packed_uint64(field, values.begin(), values.end());
  return out;
}

const std::string kTexts = texts({"", "space", "bytes", "f", "f.c", "/bin/a", "g", "abc", "pid 7"});
const std::string kType = message(1, {{1, 1}, {2, 2}});

// Location 9: f inlined into g at 0x1010 of /bin/a; location 4: address 0x20 only.
const std::string kPlaces =
    message(3, {{1, 2}, {2, 0x1000}, {3, 0x2000}, {4, 0x500}, {5, 5}, {6, 7}}) +
    message(5, {{1, 1}, {2, 3}, {4, 4}}) + message(5, {{1, 3}, {2, 6}}) +
    message(4, {{1, 9}, {2, 2}, {3, 0x1010}},
            message(4, {{1, 1}, {2, 12}}) + message(4, {{1, 3}, {2, 40}})) +
    message(4, {{1, 4}, {3, 0x20}});

Recording read(const std::string& bytes) {
  return kPprofFormat.parse({.name = "input", .bytes = bytes});
}

std::string error(const std::string& bytes) { return error_from(kPprofFormat, bytes); }

TEST(Pprof, ReadsWhatGoWrote) {
  const Profile heap = sample("pprof/go-1.19-heap.pb.gz").profiles.at(0);
  EXPECT_EQ(heap.value_types().at(heap.default_value), (ValueType{"inuse_space", "bytes"}));
  // `go tool pprof -raw` adds these up to the same.
  EXPECT_THAT(heap.total(), ElementsAre(246, 25685960, 18, 331248));
  EXPECT_THAT(leaves_of(heap),
              AllOf(Contains(Pair("main.keepThree", ElementsAre(6, 319656, 4, 319584))),
                    Contains(Pair("main.inner", ElementsAre(51, 10240096, 1, 96)))));
  const Profile cpu = sample("pprof/go-1.19-cpu.pb.gz").profiles.at(0);
  EXPECT_THAT(stacks_of(cpu), ElementsAre(Pair("main.spin < main.main < runtime.main",
                                               ElementsAre(30, 300000000))));
  EXPECT_EQ(cpu.duration_ns / 1000000, 402);
}

TEST(Pprof, GivesInlinedLinesAddressesAndOffsets) {
  const std::string bytes =
      kType + message(2, {}, packed(1, {9, 4}) + packed(2, {70})) + kPlaces + kTexts;
  const Profile profile = read(bytes).profiles.at(0);
  EXPECT_THAT(
      frames_of(profile, StackId{3}),
      ElementsAre(
          Frame{.function = "f",
                .file = "f.c",
                .line = 12,
                .module = "/bin/a",
                .address = 0x1010,
                .offset = 0x510,
                .inlined = true},
          Frame{
              .function = "g", .line = 40, .module = "/bin/a", .address = 0x1010, .offset = 0x510},
          Frame{.address = 0x20}));
  EXPECT_THAT(profile.self(StackId{3}), ElementsAre(70));
  EXPECT_THAT(
      profile.mappings,
      ElementsAre(Mapping{
          .path = "/bin/a", .build_id = "abc", .start = 0x1000, .end = 0x2000, .offset = 0x500}));
}

TEST(Pprof, ReadsNumbersThatAreNotPackedAndFieldsInAnyOrder) {
  const std::string bytes =
      kTexts + kPlaces + message(2, {{2, 70}, {1, 4}, {1, 4}}) + number(13, 8) + kType;
  ASSERT_TRUE(kPprofFormat.recognizes(bytes));
  const Profile profile = read(bytes).profiles.at(0);
  EXPECT_THAT(stacks_of(profile), ElementsAre(Pair("0x20 < 0x20", ElementsAre(70))));
  EXPECT_EQ(profile.pid, 7);
}

TEST(Pprof, ShowsTheTypeThatTheFileAsksFor) {
  const std::string bytes = kType + message(1, {{1, 3}, {2, 2}}) + number(14, 1) + kTexts;
  EXPECT_EQ(read(bytes).profiles.at(0).default_value, 0U);
  EXPECT_EQ(read(kType + message(1, {{1, 3}, {2, 2}}) + kTexts).profiles.at(0).default_value, 1U);
}

TEST(Pprof, AddsUpSamplesThatOnlyLabelsTellApart) {
  const std::string label = message(3, {{1, 3}, {2, 4}});
  const std::string bytes =
      kType + message(2, {{1, 4}, {2, 1}}, label) + message(2, {{1, 4}, {2, 5}}) + kPlaces + kTexts;
  EXPECT_THAT(stacks_of(read(bytes).profiles.at(0)), ElementsAre(Pair("0x20", ElementsAre(6))));
}

TEST(Pprof, KeepsNegativeValuesOfDiffs) {
  const std::string bytes =
      kType + message(2, {{1, 4}, {2, static_cast<std::uint64_t>(-5)}}) + kPlaces + kTexts;
  EXPECT_THAT(stacks_of(read(bytes).profiles.at(0)), ElementsAre(Pair("0x20", ElementsAre(-5))));
}

TEST(Pprof, ReadsACutFileUpToTheCut) {
  const std::string whole = kTexts + kType + kPlaces + message(2, {{1, 4}, {2, 6}});
  const std::string bytes = whole + message(2, {{1, 4}, {2, 7}});
  const Recording recording = read(bytes.substr(0, bytes.size() - 1));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings,
              ElementsAre(HasSubstr("the file ends inside the field after this")));
  EXPECT_THAT(recording.profiles.at(0).total(), ElementsAre(6));
}

TEST(Pprof, NamesThePlaceThatIsWrong) {
  EXPECT_EQ(error(kType + message(2, {{1, 5}, {2, 6}}) + kPlaces + kTexts),
            "input+0x8: location 5 is used here and is not in the file");
  EXPECT_EQ(error(kType + message(2, {{1, 0}, {2, 6}}) + kPlaces + kTexts),
            "input+0x8: location 0 is used here");
  EXPECT_EQ(error(kType + message(2, {{1, 4}, {2, 6}, {2, 6}}) + kPlaces + kTexts),
            "input+0x8: expected a sample with 1 values, found 2");
  EXPECT_EQ(error(kType + message(4, {{1, 4}, {2, 3}}) + kTexts),
            "input+0x8: mapping 3 is used here and is not in the file");
  EXPECT_EQ(error(kType + message(4, {{1, 4}}, message(4, {{1, 3}})) + kTexts),
            "input+0xc: function 3 is used here and is not in the file");
  EXPECT_EQ(error(kType + message(5, {{1, 4}, {2, 99}}) + kTexts),
            "input+0x8: text 99 is used here, there are 9 in the table");
  EXPECT_EQ(error(kType + message(5, {{1, 4}}) + message(5, {{1, 4}}) + kTexts),
            "input+0xc: a second function with the id 4");
  EXPECT_EQ(error(kType + message(3, {{2, 4}}) + kTexts), "input+0x8: a mapping without an id");
  EXPECT_THAT(error(kTexts), EndsWith("expected a sample type, found the end of the file"));
  EXPECT_THAT(error(kType + message(2, {}, "\x0b") + kTexts), HasSubstr("not protobuf"));
  constexpr std::uint64_t kMost = 0x7FFFFFFFFFFFFFFF;
  EXPECT_EQ(error(kType + message(2, {{1, 4}, {2, kMost}}) + message(2, {{1, 4}, {2, 1}}) +
                  kPlaces + kTexts),
            "input+0x16: a sum does not fit 64 bits");
}

TEST(Pprof, RefusesLocationsThatExpandWithoutBound) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += message(4, {});
  const std::string bytes =
      kType + message(2, {}, packed(1, std::vector<std::uint64_t>(2000, 1)) + packed(2, {1})) +
      message(4, {{1, 1}}, lines) + kTexts;
  EXPECT_THAT(error(bytes), HasSubstr("expected at most 32 frames a byte"));
}

}  // namespace
}  // namespace tidemark
