#include "lib/cli/values.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"

namespace tidemark::cli {
namespace {

using std::chrono::milliseconds;

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Values, ReadsDurations) {
  const struct {
    std::string_view text;
    int ms;
  } rows[] = {{"500ms", 500}, {"10m", 600'000}, {"1h30m", 5'400'000}, {"1.5h", 5'400'000},
              {"90", 90'000}, {"0", 0},         {"1d", 86'400'000},   {"2min5s", 125'000}};
  for (const auto& row : rows) {
    EXPECT_EQ(duration_of(row.text, "--for"), milliseconds(row.ms)) << row.text;
  }
}

TEST(Values, RefusesWhatIsNoDuration) {
  for (const std::string_view text :
       {"", "soon", "10x", "-5s", "1h-", "m", "1e30", "nan", "1..2s"}) {
    EXPECT_THROW(duration_of(text, "--for"), UsageError) << text;
  }
  EXPECT_EQ(error_of([] { duration_of("soon", "--for"); }),
            "--for: expected a duration such as 90s or 1h30m, found 'soon'");
}

TEST(Values, ReadsSizes) {
  EXPECT_EQ(bytes_of("4096", "--limit"), 4096);
  EXPECT_EQ(bytes_of("64MiB", "--limit"), 64 << 20);
  EXPECT_EQ(bytes_of("50MB", "--limit"), 50'000'000);
  EXPECT_EQ(bytes_of("1.5Gi", "--limit"), 3 << 29);
  EXPECT_EQ(bytes_of("64k", "--limit"), 64'000);
  for (const std::string_view text : {"", "MiB", "-1", "5x", "1e300", "5MiB5", "inf"}) {
    EXPECT_THROW(bytes_of(text, "--limit"), UsageError) << text;
  }
  EXPECT_EQ(error_of([] { bytes_of("big", "--limit"); }),
            "--limit: expected a size such as 64MiB or 50MB, found 'big'");
}

TEST(Values, ReadsPercentagesAndCounts) {
  EXPECT_EQ(percent_of("85%", "--guard"), 85);
  EXPECT_EQ(percent_of("12.5", "--guard"), 12.5);
  EXPECT_THROW(percent_of("101", "--guard"), UsageError);
  EXPECT_EQ(count_of("7", "--top"), 7);
  EXPECT_EQ(error_of([] { count_of("0", "--port", {.low = 1, .high = 65535}); }),
            "--port: expected a whole number from 1 to 65535, found '0'");
}

}  // namespace
}  // namespace tidemark::cli
