#include "lib/report/flame_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/flame_data.h"
#include "lib/report/page.h"
#include "tests/lib/report/sample_profiles.h"

namespace tidemark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// docs/formats/flame-data.md, read back.
struct Read {
  std::vector<std::string> frames;                          // "name|module|file:line-last"
  std::vector<std::string> order;                           // the folded stack of each node
  std::map<std::string, std::vector<std::int64_t>> stacks;  // those with a value
  std::vector<std::string> moments;                         // "at stack value"
};

class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(data_.at(at_++));
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }

  std::int64_t either_sign() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }

  std::string text(std::size_t size) {
    at_ += size;
    return std::string(data_.substr(at_ - size, size));
  }

  std::vector<std::uint64_t> numbers(std::size_t count) {
    std::vector<std::uint64_t> list(count);
    for (std::uint64_t& value : list) value = number();
    return list;
  }

  bool ended() const { return at_ == data_.size(); }

 private:
  std::string_view data_;
  std::size_t at_ = 0;
};

std::vector<std::string> read_frames(Reader& in) {
  std::vector<std::string> names;
  for (const std::uint64_t size : in.numbers(in.number())) names.push_back(in.text(size));
  const std::size_t count = in.number();
  const auto name = in.numbers(count);
  const auto module = in.numbers(count);
  const auto file = in.numbers(count);
  const auto line = in.numbers(count);
  const auto more = in.numbers(count);
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < count; ++i) {
    frames.push_back(names.at(name[i]) + "|" + names.at(module[i]) + "|" + names.at(file[i]) + ":" +
                     std::to_string(line[i]) + "-" + std::to_string(line[i] + more[i]));
  }
  return frames;
}

void read_nodes(Reader& in, Read& read) {
  const std::size_t count = in.number();
  const auto up = in.numbers(count);
  const auto frame = in.numbers(count);
  std::vector<std::string> path;
  read.order.emplace_back();
  for (std::size_t i = 0; i < count; ++i) {
    path.resize(path.size() - up[i]);
    path.push_back(read.frames.at(frame[i]).substr(0, read.frames.at(frame[i]).find('|')));
    std::string folded;
    for (const std::string& part : path) folded += (folded.empty() ? "" : ";") + part;
    read.order.push_back(folded);
  }
}

Read read_back(const std::string& data) {
  Read read;
  Reader in(data);
  EXPECT_EQ(in.text(8), "tmflame\1");
  const std::size_t types = in.number();
  for (std::size_t i = 0; i < 2 * types; ++i) in.text(in.number());
  in.number();  // the default value
  read.frames = read_frames(in);
  read_nodes(in, read);
  for (std::size_t type = 0; type < types; ++type) {
    std::size_t node = 0;
    for (const std::uint64_t gap : in.numbers(in.number())) {
      read.stacks[read.order.at(node += gap)].resize(types);
      read.stacks[read.order.at(node)][type] = 1;
    }
    node = 0;
    for (auto& stack : read.order) {
      const auto found = read.stacks.find(stack);
      if (found != read.stacks.end() && found->second[type] == 1) {
        found->second[type] = in.either_sign();
      }
    }
  }
  const std::size_t moments = in.number();
  std::vector<std::string> at;
  for (std::uint64_t time = 0; at.size() < moments;) {  // wraps, as the writer's differences do
    time += static_cast<std::uint64_t>(in.either_sign());
    at.push_back(std::to_string(static_cast<std::int64_t>(time)));
  }
  for (const std::uint64_t node : in.numbers(moments)) {
    read.moments.push_back(at[read.moments.size()] + " " + read.order.at(node));
  }
  for (std::string& moment : read.moments) moment += " " + std::to_string(in.either_sign());
  EXPECT_TRUE(in.ended());
  return read;
}

Profile counting() { return Profile(std::vector<ValueType>{{"samples", "count"}}); }

StackId add(Profile& profile, const std::vector<Frame>& frames, std::int64_t value) {
  StackId stack = kRoot;
  for (const Frame& frame : frames) stack = profile.push(stack, profile.intern(frame));
  profile.add(stack, std::array{value});
  return stack;
}

TEST(FlameData, HoldsEachStackWithItsValues) {
  Profile profile(std::vector<ValueType>{{"before", "count"}, {"after", "count"}});
  const StackId a = profile.push(kRoot, profile.intern({.function = "a"}));
  const StackId b = profile.push(a, profile.intern({.function = "b"}));
  profile.add(a, std::array<std::int64_t, 2>{5, -7});
  profile.add(b, std::array{std::numeric_limits<std::int64_t>::min(),
                            std::numeric_limits<std::int64_t>::max()});
  EXPECT_THAT(
      read_back(flame_data(profile)).stacks,
      UnorderedElementsAre(Pair("a", ElementsAre(5, -7)),
                           Pair("a;b", ElementsAre(std::numeric_limits<std::int64_t>::min(),
                                                   std::numeric_limits<std::int64_t>::max()))));
}

TEST(FlameData, SiblingsLieInTheOrderOfTheirNames) {
  Profile profile = counting();
  add(profile, {{.function = "m"}, {.function = "z"}}, 1);
  add(profile, {{.function = "m"}, {.function = "a"}, {.function = "x"}}, 1);
  add(profile, {{.function = "b"}}, 1);
  EXPECT_THAT(read_back(flame_data(profile)).order,
              ElementsAre("", "b", "m", "m;a", "m;a;x", "m;z"));
}

TEST(FlameData, OneFunctionIsOneFrameWhateverItsLinesAndAddresses) {
  Profile profile = counting();
  add(profile, {{.function = "f", .file = "f.c", .line = 9, .address = 1}}, 1);
  add(profile, {{.function = "f", .file = "f.c", .line = 4, .address = 2}}, 2);
  add(profile, {{.function = "f", .file = "f.c", .address = 3}}, 4);
  const Read read = read_back(flame_data(profile));
  EXPECT_THAT(read.frames, ElementsAre("f||f.c:4-9"));
  EXPECT_THAT(read.stacks, UnorderedElementsAre(Pair("f", ElementsAre(7))));
}

TEST(FlameData, LinesAreFramesWhenAsked) {
  Profile profile = counting();
  add(profile, {{.function = "a"}, {.function = "f", .file = "f.c", .line = 9}}, 1);
  add(profile, {{.function = "b"}, {.function = "f", .file = "f.c", .line = 4}}, 2);
  EXPECT_THAT(read_back(flame_data(profile, FlameGrain::kLines)).frames,
              ElementsAre("a||:0-0", "b||:0-0", "f||f.c:4-4", "f||f.c:9-9"));
}

TEST(FlameData, FunctionsOfTheSameNameInTwoModulesAreTwo) {
  Profile profile = counting();
  add(profile, {{.function = "init", .module = "/lib/a.so"}}, 1);
  add(profile, {{.function = "init", .module = "/lib/b.so"}}, 1);
  EXPECT_THAT(read_back(flame_data(profile)).frames,
              ElementsAre("init|/lib/a.so|:0-0", "init|/lib/b.so|:0-0"));
}

TEST(FlameData, StacksWithoutAValueAreLeftOut) {
  Profile profile = counting();
  add(profile, {{.function = "kept"}}, 1);
  add(profile, {{.function = "gone"}, {.function = "as_well"}}, 0);
  EXPECT_THAT(read_back(flame_data(profile)).order, ElementsAre("", "kept"));
}

TEST(FlameData, SamplesKeepTheirOrderTheirTimesAndTheirStacks) {
  Profile profile = counting();
  const StackId z = add(profile, {{.function = "z"}}, 3);
  const StackId a = add(profile, {{.function = "a"}}, 4);
  profile.timeline = {{.at = 1'000'000'000'000, .stack = z, .value = 3},
                      {.at = 1'000'000'000'005, .stack = a, .value = 4},
                      {.at = std::numeric_limits<std::int64_t>::min(), .stack = z, .value = -1}};
  EXPECT_THAT(read_back(flame_data(profile)).moments,
              ElementsAre("1000000000000 z 3", "1000000000005 a 4", "-9223372036854775808 z -1"));
}

TEST(FlameData, ADeepStackIsWrittenWithoutRecursion) {
  EXPECT_THAT(read_back(flame_data(deep_profile(300))).stacks.begin()->second, ElementsAre(7));
  EXPECT_GT(flame_data(deep_profile(100'000)).size(), 100'000U);
}

TEST(FlameData, AnEmptyProfileIsTheRootAlone) {
  EXPECT_THAT(read_back(flame_data(counting())).order, ElementsAre(""));
}

TEST(FlameHtml, TheSameProfileGivesTheSameBytes) {
  EXPECT_EQ(flame_html(sample_profile(), {.title = "t"}),
            flame_html(sample_profile(), {.title = "t"}));
}

TEST(FlameHtml, TitlesAreTextWhereverTheyStand) {
  const std::string page = flame_html(
      counting(), {.title = "</script><b>", .subtitle = "{{data}}<i>", .source = "\x1b"});
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cb>"));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
}

TEST(FlameHtml, SaysWhichValuesADifferenceCompares) {
  const std::string page = flame_html(difference_profile(), {.before = 0, .after = 1});
  const std::size_t from = page.find('{', page.find("id=\"settings\""));
  const auto settings =
      nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(settings["before"], 0);
  EXPECT_EQ(settings["after"], 1);
  EXPECT_FALSE(settings.contains("value"));
}

TEST(FlameHtml, TheTableWithoutScriptsCountsRecursionOnce) {
  EXPECT_THAT(flame_html(sample_profile(), {}),
              HasSubstr("<td>300 ms</td><td>30.00%</td><td>300 ms</td>"
                        "<td>parse(Request const&amp;)</td><td>/src/server/main.cpp</td>"));
}

TEST(FlameHtml, NamesNoHost) {
  const std::string page = flame_html(sample_profile(), {});
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(Base64, PadsToWholeGroups) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd\xfc"), "//79/A==");
}

}  // namespace
}  // namespace tidemark
