#include "lib/load/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/lib/load/scenario_text.h"

namespace tidemark::load {
namespace {

using testing::MatchesRegex;

class TemplateTest : public testing::Test {
 protected:
  std::string rendered(std::string_view text, Template::Escape escape = Template::Escape::kNone) {
    std::string out;
    Template(text, "mix.add.body", {"id", "token"}, escape).render(out, values_);
    return out;
  }

  Random random_{7};
  std::uint64_t sequence_ = 0;
  Values values_{.random = &random_, .sequence = &sequence_};
};

TEST_F(TemplateTest, KeepsWhatIsNoPlace) {
  EXPECT_EQ(rendered("a $5 {b} $${word} $"), "a $5 {b} ${word} $");
  EXPECT_TRUE(Template("a $${word}", "x", {}).is_fixed());
  EXPECT_FALSE(Template("a ${word}", "x", {}).is_fixed());
  EXPECT_TRUE(Template("", "x", {}).empty());
}

TEST_F(TemplateTest, CountsTheSequenceOverTheRun) {
  EXPECT_EQ(rendered("${seq},${seq}"), "1,2");
  EXPECT_EQ(rendered("${seq}"), "3");
}

TEST_F(TemplateTest, FillsTextToTheByteWithWords) {
  const std::string text = rendered("${text:1KiB}");
  EXPECT_EQ(text.size(), 1024U);
  EXPECT_THAT(text, MatchesRegex("[a-z ]+"));
  EXPECT_EQ(rendered("${text:0}"), "");
  EXPECT_EQ(rendered("<${text:3}>").size(), 5U);
}

TEST_F(TemplateTest, MakesUuidsOfVersionFour) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(
        rendered("${uuid}"),
        MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

TEST_F(TemplateTest, DrawsNumbersFromBothEnds) {
  std::vector<int> seen(3);
  for (int i = 0; i < 300; ++i) ++seen.at(std::stoul(rendered("${int:0..2}")));
  for (const int times : seen) EXPECT_GT(times, 60);
  EXPECT_EQ(rendered("${int:-3..-3}"), "-3");
  EXPECT_NE(rendered("${int:-9223372036854775808..9223372036854775807}"), "");
}

TEST_F(TemplateTest, WritesHexDigitsAndTheTime) {
  EXPECT_THAT(rendered("${hex:17}"), MatchesRegex("[0-9a-f]{17}"));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  EXPECT_NEAR(static_cast<double>(std::stoll(rendered("${now}"))), static_cast<double>(ms), 10e3);
}

TEST_F(TemplateTest, TakesWhatAnswersGaveAsItsPlaceNeedsIt) {
  values_.captured["id"] = "a\"b\r\nx: 1";
  EXPECT_EQ(rendered("<${id}>"), "<a\"b\r\nx: 1>");
  EXPECT_EQ(rendered("${id}", Template::Escape::kJson), "a\\\"b\\u000d\\u000ax: 1");
  EXPECT_EQ(rendered("/${id}", Template::Escape::kPath), "/a%22b%0D%0Ax:%201");
  EXPECT_EQ(rendered("${id}", Template::Escape::kLine), "a\"bx: 1");
  EXPECT_EQ(rendered("<${token}${marker}>"), "<>");
}

TEST_F(TemplateTest, IsTheSameForTheSameSeed) {
  const std::string once = rendered("${word} ${text:64} ${uuid} ${int:1..9} ${hex:20}");
  random_ = Random(7);
  EXPECT_EQ(rendered("${word} ${text:64} ${uuid} ${int:1..9} ${hex:20}"), once);
  random_ = Random(8);
  EXPECT_NE(rendered("${word} ${text:64} ${uuid} ${int:1..9} ${hex:20}"), once);
}

TEST(Template, SaysWhatIsWrongWithIt) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"${wrod}", "body: nothing is called 'wrod' in '${wrod}' | did you mean ${word}?"},
      {"${tokn}", "body: nothing is called 'tokn' in '${tokn}' | did you mean ${token}?"},
      {"a ${seq", "body: there is no '}' for a '${' in 'a ${seq'"},
      {"${seq:1}", "body: ${seq} takes nothing after a colon in '${seq:1}'"},
      {"${text}", "body: expected a size as in ${text:1KiB}, found '' in '${text}'"},
      {"${hex:x}", "body: expected a whole number as in ${hex:16}, found 'x' in '${hex:x}'"},
      {"${int:9..1}",
       "body: expected whole numbers as in ${int:1..1000}, found '9..1' in "
       "'${int:9..1}'"},
      {"${text:1TiB}", "body: more than 64 MiB to be filled in in '${text:1TiB}'"},
      {"${text:33MiB}${text:32MiB}",
       "body: more than 64 MiB to be filled in in '${text:33MiB}${text:32MiB}'"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(said_about([&] { Template(row.text, "body", {"token"}); }), row.said);
  }
}

// The first numbers of the reference implementation (prng.di.unimi.it), seeded by splitmix64.
TEST(Random, IsXoshiroPlusPlus) {
  Random random(0);
  EXPECT_EQ(random.next(), 0x53175d61490b23dfU);
  EXPECT_EQ(random.next(), 0x61da6f3dc380d507U);
}

TEST(Random, HasTheMeanOfAnExponential) {
  Random random(1);
  double sum = 0;
  constexpr int kTimes = 100'000;
  for (int i = 0; i < kTimes; ++i) sum += random.exponential(3);
  EXPECT_NEAR(sum / kTimes, 3, 0.05);
}

}  // namespace
}  // namespace tidemark::load
