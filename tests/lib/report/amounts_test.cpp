#include "lib/report/amounts.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Amounts, ReadAsPeopleReadThem) {
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(grouped(INT64_MIN), "-9,223,372,036,854,775,808");
  EXPECT_EQ(bytes_text(100), "100 B");
  EXPECT_EQ(bytes_text(1000), "1.0 KiB");
  EXPECT_EQ(bytes_text(3 << 20), "3.0 MiB");
  EXPECT_EQ(bytes_text(INT64_MAX), "8.0 EiB");
  EXPECT_EQ(estimate_text(3 << 20, 210'000), "3.0 ±0.2 MiB");
  EXPECT_EQ(plural(1, "block"), "1 block");
  EXPECT_EQ(plural(3200, "block"), "3,200 blocks");
}

TEST(Amounts, TimesInTheirOwnUnit) {
  EXPECT_EQ(duration_text(820), "820 ms");
  EXPECT_EQ(duration_text(12'345), "12.3 s");
  EXPECT_EQ(duration_text(245'000), "4 min 05 s");
  EXPECT_EQ(duration_text(93'600'000), "1 d 02 h");
  EXPECT_EQ(utc_text(1'795'000'000'000), "2026-11-18 11:06:40 UTC");
  EXPECT_EQ(utc_text(INT64_MAX), "");
}

TEST(Amounts, LatenciesHaveThreeDigits) {
  EXPECT_EQ(latency_text(812), "812 ns");
  EXPECT_EQ(latency_text(25'349), "25.3 µs");
  EXPECT_EQ(latency_text(4'120'000), "4.12 ms");
  EXPECT_EQ(latency_text(999'600'000), "1.00 s");
  EXPECT_EQ(latency_text(125e9), "2 min 05 s");
  EXPECT_EQ(latency_text(0), "0 ns");
}

}  // namespace
}  // namespace tidemark
