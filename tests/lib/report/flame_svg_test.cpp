#include "lib/report/flame_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark {
namespace {

using testing::HasSubstr;
using testing::Not;

Profile one_stack(const std::string& name, std::int64_t value = 3) {
  Profile profile(std::vector<ValueType>{{.name = "samples", .unit = "count"}});
  profile.add(profile.push(kRoot, profile.intern({.function = name})),
              std::vector<std::int64_t>{value});
  return profile;
}

std::string svg_of(const Profile& profile, const FlameStyle& style = {}) {
  return flame_svg(flame_graph(profile, {}), style);
}

TEST(FlameSvg, SaysWhatABoxIsInItsTitle) {
  EXPECT_THAT(svg_of(one_stack("main", 1234)),
              HasSubstr("<title>main (1,234 samples, 100.00%)</title>"));
}

TEST(FlameSvg, KeepsHostileNamesText) {
  const std::string svg = svg_of(one_stack("</title><script>alert(1)</script>]]>\"'&"));
  EXPECT_THAT(svg, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(FlameSvg, KeepsHostileOptionsText) {
  const std::string svg =
      svg_of(one_stack("f"), {.title = "<b>", .notes = "--><script>", .font = "x}</style>"});
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(svg, Not(HasSubstr("--><script>")));
  EXPECT_THAT(svg, HasSubstr("font-family:xstyle;"));
}

TEST(FlameSvg, CutsLabelsBetweenCharacters) {
  Profile profile = one_stack("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4");
  profile.add(profile.push(kRoot, profile.intern({.function = "wide"})),
              std::vector<std::int64_t>{60});
  const std::string svg = svg_of(profile);
  EXPECT_THAT(svg, HasSubstr("\xC3\xA4..</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("\xC3..")));
}

TEST(FlameSvg, GivesTheSameBytesTwice) {
  EXPECT_EQ(svg_of(one_stack("main")), svg_of(one_stack("main")));
}

TEST(Palette, ColoursAsFlamegraphPlDoesWithHash) {
  // perl -e with namehash() and color("hot", 1, "main") of flamegraph.pl 1.0.
  EXPECT_EQ(to_css(colour_of("--", Palette::kHot)), "rgb(160,160,160)");
  EXPECT_EQ(to_css(colour_of("f_[k]", Palette::kJava)),
            to_css(colour_of("f_[k]", Palette::kOrange)));
  EXPECT_EQ(to_css(colour_of("a::f", Palette::kPerl)), to_css(colour_of("a::f", Palette::kYellow)));
}

TEST(Palette, ShadesDifferencesByTheirSize) {
  EXPECT_EQ(to_css(colour_of_difference(10, 10)), "rgb(255,0,0)");
  EXPECT_EQ(to_css(colour_of_difference(-5, 10)), "rgb(105,105,255)");
  EXPECT_EQ(to_css(colour_of_difference(0, 10)), "rgb(250,250,250)");
}

}  // namespace
}  // namespace tidemark
