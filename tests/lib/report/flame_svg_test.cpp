#include "lib/report/flame_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/error.h"

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
  EXPECT_THAT(svg, HasSubstr("font-family:xstyle,"));
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

TEST(Palette, ColoursAsFlamegraphPl) {
  // color("hot", ...), with and without --hash, run by perl 5.36.
  const struct {
    const char* name;
    const char* by_hash;
    const char* by_name;
  } kRows[] = {
      {"main", "rgb(247,83,46)", "rgb(243,179,42)"},
      {"libc.so.6`malloc", "rgb(243,112,42)", "rgb(209,18,4)"},
      {"std::vector<int>::push_back", "rgb(242,146,40)", "rgb(245,184,44)"},
      {"a", "rgb(235,140,33)", "rgb(236,146,35)"},
      {"\xC3\xA4", "rgb(236,123,34)", "rgb(244,181,43)"},
      {"`x`y", "rgb(244,217,43)", "rgb(216,52,12)"},
      {"--", "rgb(160,160,160)", "rgb(160,160,160)"},
      {"-", "rgb(200,200,200)", "rgb(200,200,200)"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(to_css(colour_of(row.name, Palette::kHot, Colouring::kByHash)), row.by_hash);
    EXPECT_EQ(to_css(colour_of(row.name, Palette::kHot)), row.by_name);
  }
}

TEST(Palette, GoesByTheKindOfAFunctionInPalettesOfLanguages) {
  const auto same = [](const char* name, Palette palette, Palette single) {
    return colour_of(name, palette) == colour_of(name, single);
  };
  EXPECT_TRUE(same("f_[k]", Palette::kJava, Palette::kOrange));
  EXPECT_TRUE(same("f_[j]", Palette::kJava, Palette::kGreen));
  EXPECT_TRUE(same("f_[i]", Palette::kJava, Palette::kAqua));
  EXPECT_TRUE(same("Ljava/lang/String:::get", Palette::kJava, Palette::kGreen));
  EXPECT_TRUE(same("a::f", Palette::kPerl, Palette::kYellow));
  EXPECT_TRUE(same("/app/x.js:1", Palette::kJs, Palette::kGreen));
  EXPECT_TRUE(same("f_[w]", Palette::kChain, Palette::kAqua));
}

TEST(Palette, KeepsAFunctionsColourUnlessByChance) {
  EXPECT_EQ(colour_of("f", Palette::kHot, Colouring::kByName, 1), colour_of("f", Palette::kHot));
  EXPECT_NE(colour_of("f", Palette::kHot, Colouring::kByChance, 1),
            colour_of("f", Palette::kHot, Colouring::kByChance, 2));
}

TEST(Palette, ShadesDifferencesByTheirSize) {
  EXPECT_EQ(to_css(colour_of_difference(10, 10)), "rgb(255,0,0)");
  EXPECT_EQ(to_css(colour_of_difference(-5, 10)), "rgb(105,105,255)");
  EXPECT_EQ(to_css(colour_of_difference(0, 10)), "rgb(255,255,255)");
}

TEST(PaletteMap, ReadsBackWhatItWrote) {
  const std::string text = "a->b->rgb(1,2,3)\nmain->rgb(205,0,255)\n";
  EXPECT_EQ(to_text(parse_palette_map({.name = "palette.map", .bytes = text})), text);
}

TEST(PaletteMap, NamesTheLineThatIsWrong) {
  for (const std::string bad :
       {"main rgb(1,2,3)", "main->red", "main->rgb(1,2,256)", "main->rgb(1,2,3)\"/><script>"}) {
    const std::string text = "f->rgb(1,2,3)\n" + bad;
    try {
      parse_palette_map({.name = "palette.map", .bytes = text});
      FAIL() << bad;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("palette.map:2: expected"));
    }
  }
}

std::string svg_with(const std::string& attributes) {
  return svg_of(one_stack("main"),
                {.attributes = parse_attributes({.name = "attr", .bytes = attributes})});
}

TEST(FrameAttributes, MakesALinkOfAFunction) {
  EXPECT_THAT(svg_with("main\thref=/x?a=1&b=2\tclass=mine\ttitle=see <x>"),
              HasSubstr("<a xlink:href=\"/x?a=1&amp;b=2\" target=\"_top\" class=\"mine\">"
                        "<title>see &lt;x&gt;</title>"));
}

TEST(FrameAttributes, TakesExtraAttributesApart) {
  EXPECT_THAT(svg_with("main\tg_extra=data-a=\"1 2\" style='x'"),
              HasSubstr("<g data-a=\"1 2\" style=\"x\"><title>main"));
}

TEST(FrameAttributes, RefusesWhatWouldBreakTheDocument) {
  for (const std::string bad : {"main", "main\tx=1", "main\tg_extra=a", "main\tg_extra=a=\"1",
                                "main\tg_extra=><script>=\"1\""}) {
    EXPECT_THROW(svg_with("f\tid=x\n" + bad), UsageError) << bad;
  }
}

TEST(FlameSvg, ShowsNamesWithoutTheMarkThatColoursThem) {
  const std::string svg = svg_of(one_stack("do_exit_[k]"), {.palette = Palette::kJava});
  EXPECT_THAT(svg, HasSubstr("<title>do_exit (3 samples"));
  EXPECT_THAT(svg, HasSubstr(">do_exit</text>"));
  EXPECT_THAT(svg, HasSubstr(to_css(colour_of("do_exit_[k]", Palette::kOrange))));
  EXPECT_THAT(svg_of(one_stack("a[k]")), HasSubstr(">a[k]</text>"));
}

TEST(FlameSvg, WritesWhiteOnStrongBlue) {
  Profile profile({{.name = "before", .unit = "count"}, {.name = "after", .unit = "count"}});
  profile.add(profile.push(kRoot, profile.intern({.function = "shrunk"})),
              std::vector<std::int64_t>{9, 1});
  const std::string svg =
      flame_svg(flame_graph(profile, {.value = 1, .compared = 0}), {.difference = true});
  EXPECT_THAT(svg, HasSubstr("style=\"fill:#fff\">shrunk</text>"));
}

TEST(FlameSvg, EndsWithItsFooter) {
  EXPECT_THAT(svg_of(one_stack("f"), {.footer = {"3 <frames> left out"}}),
              HasSubstr(">3 &lt;frames&gt; left out</text>"));
}

TEST(FlameSvg, PutsTextIntoItsScriptAsText) {
  EXPECT_THAT(svg_of(one_stack("f"), {.name_type = "]]></script>\"\\"}),
              HasSubstr("nametype=\"\\x5d\\x5d\\x3e\\x3c/script\\x3e\\x22\\x5c\";"));
}

TEST(FlameSvg, ChoosesTheBackgroundByThePalette) {
  EXPECT_THAT(svg_of(one_stack("f"), {.palette = Palette::kMem}), HasSubstr("#e0ffe0"));
  EXPECT_THAT(svg_of(one_stack("f"), {.palette = Palette::kAqua}), HasSubstr("#e8e8e8"));
  EXPECT_THAT(svg_of(one_stack("f"), {.palette = Palette::kMem, .background = "#012345"}),
              HasSubstr("\"#012345\" offset=\"95%\""));
}

}  // namespace
}  // namespace tidemark
