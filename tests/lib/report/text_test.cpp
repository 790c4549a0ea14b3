#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "lib/base/lines.h"
#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_of(const Document& document, const ReportOptions& options) {
  return report_named("text").write(document, options);
}

TEST(TextReport, StartsWithTheVerdict) {
  EXPECT_THAT(text_of(sample_document(), {}), StartsWith("FOUND  1 definite leak: 3,200 B"));
  EXPECT_THAT(text_of(clean_document(), {}), StartsWith("CLEAN  no leaks"));
  EXPECT_THAT(text_of(failed_document(), {}), StartsWith("FAILED  the target died of signal 11"));
}

TEST(TextReport, KeepsToTheWidth) {
  for (const Document& document : {sample_document(), hostile_document()}) {
    const std::string text = text_of(document, {.all_frames = true, .width = 60});
    Lines lines("text", text);
    while (lines.next()) {
      const auto columns = std::ranges::count_if(
          lines.line(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
      EXPECT_LE(columns, 60) << lines.line();
    }
  }
}

TEST(TextReport, ColoursOnlyWhenAsked) {
  EXPECT_THAT(text_of(sample_document(), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(text_of(hostile_document(), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(text_of(sample_document(), {.colour = true}), StartsWith("\x1b[1;31mFOUND"));
}

TEST(TextReport, FoldsTheAllocatorAwayUnlessAsked) {
  EXPECT_THAT(text_of(sample_document(), {}), HasSubstr("... 1 frame\n"));
  EXPECT_THAT(text_of(sample_document(), {}), Not(HasSubstr("#0 malloc")));
  EXPECT_THAT(text_of(sample_document(), {.all_frames = true}), HasSubstr("#0 malloc"));
}

TEST(TextReport, SaysHowMuchItLeavesOut) {
  EXPECT_THAT(text_of(sample_document(), {.most = 2}), HasSubstr("\n3 more;"));
  EXPECT_THAT(text_of(sample_document(), {.most = 0}), Not(HasSubstr("more;")));
}

TEST(TextReport, ShowsAProfileThatHasNoFindings) {
  Document document = sample_document();
  document.sites.clear();
  EXPECT_THAT(text_of(document, {}), HasSubstr("     3.0 MiB       3.0 MiB  Cache::insert"));
}

TEST(TextReport, ShowsNoSourceOfAFileThatIsTooShort) {
  const ReportOptions options{.source = [](const std::string&, std::int64_t, std::int64_t) {
    return std::vector<std::string>{"another file"};
  }};
  EXPECT_THAT(text_of(sample_document(), options), Not(HasSubstr("another file")));
}

}  // namespace
}  // namespace tidemark
