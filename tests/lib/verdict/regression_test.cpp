#include "lib/verdict/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tidemark::verdict {
namespace {

TEST(Regression, FindsTheLineThroughPoints) {
  Regression fit(std::vector<double>{1, 3, 5, 7});
  fit.add(std::vector<double>{1, 1, 1, 1});
  fit.add(std::vector<double>{0, 1, 2, 3});
  fit.solve();
  EXPECT_NEAR(fit.coefficient(0), 1, 1e-9);
  EXPECT_NEAR(fit.coefficient(1), 2, 1e-9);
  EXPECT_NEAR(fit.residual_squares(), 0, 1e-9);
}

TEST(Regression, KnowsTheVarianceOfASlope) {
  Regression fit(std::vector<double>{1, 3, 5, 8});
  fit.add(std::vector<double>{1, 1, 1, 1});
  fit.add(std::vector<double>{0, 1, 2, 3});
  fit.solve();
  // 1 / the sum of the squared distances from the mean time: 2.25 + 0.25 + 0.25 + 2.25.
  EXPECT_NEAR(fit.variance_factor(std::array{0.0, 1.0}), 0.2, 1e-9);
}

TEST(Regression, LeavesOutAColumnThatOthersExplain) {
  Regression fit(std::vector<double>{1, 3, 5, 7});
  fit.add(std::vector<double>{1, 1, 1, 1});
  fit.add(std::vector<double>{0, 1, 2, 3});
  fit.add(std::vector<double>{2, 3, 4, 5});
  fit.solve();
  EXPECT_EQ(fit.coefficient(2), 0);
  EXPECT_EQ(fit.degrees_of_freedom(), 2);
}

TEST(Regression, HoldsAColumnBackByItsPrior) {
  Regression fit(std::vector<double>{10, 10, 10, 10});
  fit.add(std::vector<double>{1, 1, 1, 1}, 0.1);
  fit.solve();
  EXPECT_LT(fit.coefficient(0), 1);
}

}  // namespace
}  // namespace tidemark::verdict
