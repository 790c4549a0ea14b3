#include "lib/report/escape.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark {
namespace {

TEST(MarkupText, LeavesNoMarkup) {
  EXPECT_EQ(markup_text("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
}

TEST(MarkupText, ShowsWhatXmlForbids) {
  EXPECT_EQ(markup_text(std::string("a\0b\x1b\xFF", 5)), "a\\x00b\\x1b\\xff");
  EXPECT_EQ(markup_text("\xEF\xBF\xBF|\xEF\xBF\xBE"), "\xEF\xBF\xBD|\xEF\xBF\xBD");
}

TEST(MarkdownText, LeavesNoMarkupAndMentionsNobody) {
  EXPECT_EQ(markdown_text("a|b`<c>"), "a&#124;b&#96;&#60;c&#62;");
  EXPECT_EQ(markdown_text("f@GLIBC"), "f&#64;&#8203;GLIBC");
}

TEST(UriOf, EscapesWhatIsNotAPath) {
  EXPECT_EQ(uri_of("/a b/c#d"), "file:///a%20b/c%23d");
  EXPECT_EQ(uri_of("src/a.cpp"), "src/a.cpp");
}

TEST(Reversible, GivesBackEveryByte) {
  std::string bytes = "C:\\xab \\\\x \xC3\xA9 \xED\xA0\x80 \xF0\x9F\x98\x80";
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(reversed(reversible(bytes)), bytes);
  EXPECT_EQ(reversible("a\xFF"), "a\\xff");
  EXPECT_EQ(reversible("\\d"), "\\d");
}

TEST(Cut, TakesNoCharacterApart) {
  EXPECT_EQ(cut("aäb", 1), "a");
  EXPECT_EQ(cut("aäb", 2), "a");
  EXPECT_EQ(cut("aäb", 3), "aä");
  EXPECT_EQ(cut("aäb", 9), "aäb");
}

}  // namespace
}  // namespace tidemark
