#include "lib/report/heap_totals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/report/report.h"

namespace tidemark {
namespace {

using testing::HasSubstr;
using testing::Not;

// 50 MiB in use, of which the number of blocks is not known, and 12 blocks at the peak.
Document sampled_document() {
  Document document;
  document.totals = {{.name = "inuse_space", .unit = "bytes", .value = 50 << 20, .error = 5 << 20},
                     {.name = "peak_objects", .unit = "count", .value = 52479, .error = 5243.4},
                     {.name = "peak_space", .unit = "bytes", .value = 60 << 20, .error = 6 << 20},
                     {.name = "cpu", .unit = "nanoseconds", .value = 7}};
  return document;
}

TEST(HeapTotals, AreALineForEachKindOfMemoryThatIsThere) {
  const std::vector<HeapTotal> totals = heap_totals(sampled_document());
  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[0].kind, "in use");
  EXPECT_EQ(totals[0].bytes, "50.0 ±5.0 MiB");
  EXPECT_EQ(totals[0].objects, "");
  EXPECT_EQ(totals[1].kind, "at the peak");
  EXPECT_EQ(totals[1].objects, "52,479 ±5,243");
}

TEST(HeapTotals, StandInReportsForPeople) {
  for (const char* format : {"text", "html"}) {
    const std::string text = report_named(format).write(sampled_document(), {});
    EXPECT_THAT(text, HasSubstr("50.0 ±5.0 MiB")) << format;
    EXPECT_THAT(text, HasSubstr("at the peak")) << format;
    EXPECT_THAT(report_named(format).write({}, {}), Not(HasSubstr("±"))) << format;
  }
}

TEST(HeapTotals, ACountWithoutAnErrorIsExact) { EXPECT_EQ(count_text(1234, 0), "1,234"); }

}  // namespace
}  // namespace tidemark
