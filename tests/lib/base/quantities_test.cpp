#include "lib/base/quantities.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::nanoseconds;

TEST(Quantities, ReadsDurationsToTheNanosecond) {
  EXPECT_EQ(to_duration("7ns"), nanoseconds(7));
  EXPECT_EQ(to_duration("1.5us"), nanoseconds(1500));
  EXPECT_EQ(to_duration("1d1ns"), nanoseconds(86'400'000'000'001));
  EXPECT_EQ(to_duration("2"), nanoseconds(2'000'000'000));
  for (const std::string_view text : {"", "1 s", "s", "-1s", "1e20", "1x", "nan", "300000d"}) {
    EXPECT_EQ(to_duration(text), std::nullopt) << text;
  }
}

TEST(Quantities, SaysDurationsExactly) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {{"90m", "1h30m"}, {"24h", "24h"},      {"72h", "3d"},       {"0", "0s"},
              {"49h", "2d1h"},  {"1.5s", "1s500ms"}, {"1us1ns", "1us1ns"}};
  for (const auto& row : rows) EXPECT_EQ(duration_text(*to_duration(row.text)), row.said);
}

TEST(Quantities, SaysBytesExactly) {
  EXPECT_EQ(exact_bytes_text(std::int64_t{1} << 30), "1 GiB");
  EXPECT_EQ(exact_bytes_text(1536), "1536 bytes");
  EXPECT_EQ(exact_bytes_text(0), "0 bytes");
}

TEST(Quantities, ADayIsOneThatThereIs) {
  using namespace std::chrono;
  EXPECT_EQ(to_day("2028-02-29"), sys_days(2028y / February / 29));
  for (const char* const text :
       {"2027-02-29", "2027-13-01", "2027-1-31", "+027-01-31", "soon", ""}) {
    EXPECT_FALSE(to_day(text)) << text;
  }
}

}  // namespace
}  // namespace tidemark
