#include "lib/base/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tidemark {
namespace {

TEST(Student, AgreesWithTables) {
  EXPECT_NEAR(student_above(2.571, 5), 0.025, 2e-5);
  EXPECT_NEAR(student_above(-2.571, 5), 0.975, 2e-5);
  EXPECT_NEAR(student_above(3.169, 10), 0.005, 1e-5);
  EXPECT_NEAR(student_above(0, 7), 0.5, 1e-12);
}

TEST(Student, IsExactFarOut) {
  // For one degree of freedom it is 1/2 - atan(t)/pi, which is 1/(pi t) far out.
  EXPECT_NEAR(student_above(1e12, 1) * M_PI * 1e12, 1, 1e-9);
}

TEST(Student, IsNormalWithoutEnd) {
  EXPECT_NEAR(student_above(1.959964, INFINITY), 0.025, 1e-7);
  EXPECT_NEAR(student_quantile(0.025, INFINITY), 1.959964, 1e-6);
}

TEST(Student, QuantilesAgreeWithTables) {
  EXPECT_NEAR(student_quantile(0.025, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_quantile(0.025, 2), 4.30265, 1e-5);
  EXPECT_NEAR(student_quantile(0.005, 10), 3.16927, 1e-5);
  EXPECT_NEAR(student_quantile(0.5, 3), 0, 1e-9);
}

// 1 - 0.025^(1/100); and of which 5 or more of 100 have 2.5 %, by summing the binomial.
TEST(Beta, QuantilesAreThoseOfTheBinomial) {
  EXPECT_NEAR(beta_quantile(1, 100, 0.975), 0.03621669, 1e-8);
  EXPECT_NEAR(beta_quantile(5, 96, 0.025), 0.01643188, 1e-8);
}

// Of which 500 of a million have 2.5 %, by summing the binomial.
TEST(Beta, HoldsForManyTrials) {
  EXPECT_NEAR(beta_quantile(500, 1e6 - 499, 0.025) * 1e6, 457.13815, 1e-4);
  EXPECT_NEAR(beta_quantile(501, 1e6 - 500, 0.975) * 1e6, 545.79677, 1e-4);
  EXPECT_NEAR(beta_below(5e7, 5e7, 0.5), 0.5, 1e-6);
}

TEST(Beta, IsUniformForOneAndOne) {
  EXPECT_NEAR(beta_below(1, 1, 0.3), 0.3, 1e-14);
  EXPECT_NEAR(beta_quantile(1, 1, 0.3), 0.3, 1e-12);
  EXPECT_EQ(beta_below(2, 3, 0), 0);
  EXPECT_EQ(beta_below(2, 3, 1), 1);
}

TEST(Fisher, AgreesWithTables) {
  EXPECT_NEAR(fisher_above(4.10282, 2, 10), 0.05, 1e-6);
  EXPECT_NEAR(fisher_above(98.5025, 1, 2), 0.01, 1e-6);
  EXPECT_EQ(fisher_above(0, 3, 4), 1);
}

}  // namespace
}  // namespace tidemark
