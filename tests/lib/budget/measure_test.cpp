#include "lib/budget/measure.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lib/base/error.h"

namespace tidemark::budget {
namespace {

constexpr double kMebi = 1 << 20;

TEST(Quantities, ReadAsTheyWereWritten) {
  EXPECT_EQ(text_of(512 * kMebi, Unit::kBytes), "512 MiB");
  EXPECT_EQ(text_of(50e6, Unit::kBytes), "50 MB");
  EXPECT_EQ(text_of(50 * kMebi, Unit::kBytesPerDay), "50 MiB in 24 h");
  EXPECT_EQ(text_of(10e6, Unit::kBytesPerMillion), "10 MB per million");
  EXPECT_EQ(text_of(200e6, Unit::kNanoseconds), "200 ms");
  EXPECT_EQ(text_of(30e9, Unit::kNanoseconds), "30 s");
  EXPECT_EQ(text_of(0.01, Unit::kShare), "1 %");
  EXPECT_EQ(text_of(100, Unit::kPerSecond), "100/s");
  EXPECT_EQ(text_of(0, Unit::kBytes), "0 bytes");
  EXPECT_EQ(text_of(300, Unit::kBytes), "300 bytes");
  EXPECT_EQ(text_of(1, Unit::kBytes), "1 byte");
}

TEST(Quantities, AreRoundedToWhatPeopleRead) {
  EXPECT_EQ(text_of(1'291'845'632.4, Unit::kBytes), "1.203 GiB");
  EXPECT_EQ(text_of(12'345'678, Unit::kNanoseconds), "12.35 ms");
  EXPECT_EQ(text_of(0.00418321, Unit::kShare), "0.4183 %");
  EXPECT_EQ(text_of(18'204, Unit::kCount), "18,204");
  EXPECT_EQ(text_of(1'234'567.25, Unit::kPerSecond), "1,234,567/s");
  EXPECT_EQ(text_of(0.000'001'2, Unit::kShare), "0.00012 %");
}

TEST(Quantities, ShowMoreDigitsWhenAsked) {
  EXPECT_EQ(text_of(512.0071 * kMebi, Unit::kBytes), "512 MiB");
  EXPECT_EQ(text_of(512.0071 * kMebi, Unit::kBytes, 7), "512.0071 MiB");
}

TEST(Quantities, MayBeNegative) {
  EXPECT_EQ(text_of(-3 * kMebi, Unit::kBytesPerDay), "-3 MiB in 24 h");
  EXPECT_EQ(text_of(-1'500, Unit::kCount), "-1,500");
}

TEST(Quantities, SayThatThereIsNone) {
  EXPECT_EQ(text_of(NAN, Unit::kBytes), "no number");
  EXPECT_EQ(text_of(INFINITY, Unit::kCount), "no finite number");
}

TEST(Units, HaveNamesThatReadBack) {
  for (int i = 0; i <= static_cast<int>(Unit::kCount); ++i) {
    EXPECT_EQ(unit_named(name_of(static_cast<Unit>(i))), static_cast<Unit>(i));
  }
  EXPECT_THROW(unit_named("furlongs"), Error);
}

}  // namespace
}  // namespace tidemark::budget
