#include "lib/budget/score.h"

#include <gtest/gtest.h>

namespace tidemark::budget {
namespace {

TEST(Score, IsTheMeanOfThePointsByWeight) {
  const Score score = score_of({{"normal", 3, 1}, {"x10", 1, 0.5}}, {}, {});
  EXPECT_DOUBLE_EQ(score.points, 87.5);
  EXPECT_EQ(score.band, "nearly ready");
  EXPECT_EQ(score.cap, "");
  ASSERT_EQ(score.rows.size(), 2);
  EXPECT_EQ(score.rows[1].what, "x10");
}

TEST(Score, IsReadyFrom95) {
  EXPECT_EQ(score_of({{"a", 95, 1}, {"b", 5, 0}}, {}, {}).band, "ready");
  EXPECT_EQ(score_of({{"a", 80, 1}, {"b", 20, 0}}, {}, {}).band, "nearly ready");
  EXPECT_EQ(score_of({{"a", 79, 1}, {"b", 21, 0}}, {}, {}).band, "not ready");
}

TEST(Score, IsNotRoundedIntoABand) {
  const Score score = score_of({{"a", 9'499, 1}, {"b", 501, 0}}, {}, {});
  EXPECT_DOUBLE_EQ(score.points, 94.9);
  EXPECT_EQ(score.band, "nearly ready");
}

TEST(Score, DoesNotLoseABandToBinaryFractions) {
  // 0.1 ten times is a little less than 1.
  std::vector<Score::Row> rows;
  for (int i = 0; i < 10; ++i) rows.push_back({"a", 0.1, 0.95});
  EXPECT_DOUBLE_EQ(score_of(rows, {}, {}).points, 95);
}

TEST(Score, IsCappedByAFailedHardRule) {
  const Score score = score_of({{"a", 1, 1}}, {"leaks.bytes == 0", "races == 0"}, {});
  EXPECT_DOUBLE_EQ(score.points, 49);
  EXPECT_EQ(score.band, "not ready");
  EXPECT_EQ(score.cap, "leaks.bytes == 0 and 1 more");
  EXPECT_DOUBLE_EQ(score_of({{"a", 1, 0.2}}, {"x"}, {}).points, 20);
}

TEST(Score, IsNothingWhenNothingWasJudged) {
  EXPECT_EQ(score_of({}, {}, {}).points, 0);
  EXPECT_EQ(score_of({{"a", 0, 1}}, {}, {}).band, "not ready");
}

TEST(Points, AreHalfForWhatIsUndecidedAndNoneForWhatWasNotDone) {
  EXPECT_DOUBLE_EQ(points_of({.passed = 3, .failed = 1}), 0.75);
  EXPECT_DOUBLE_EQ(points_of({.inconclusive = 2}), 0.5);
  EXPECT_DOUBLE_EQ(points_of({.waived = 1}), 0.5);
  EXPECT_DOUBLE_EQ(points_of({.passed = 1, .not_done = 1}), 0.5);
  EXPECT_EQ(points_of({}), 0);
}

}  // namespace
}  // namespace tidemark::budget
