#include "tools/signoff/facts/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/load/usl.h"

namespace tidemark::signoff {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> unsaid;  // warnings that are not looked at

load::RunResult ladder() {
  std::vector<load::Rung> rungs;
  for (const int clients : {1, 2, 4, 8, 16, 32}) {
    const double n = clients;
    rungs.push_back({.clients = clients,
                     .throughput = 1000 * n / (1 + 0.05 * (n - 1) + 0.002 * n * (n - 1)),
                     .error = 5});
  }
  return {.scalability = load::fit_scalability(std::move(rungs))};
}

const budget::Measure& find(const std::vector<budget::Measure>& all, std::string_view metric) {
  return *std::ranges::find(all, metric, &budget::Measure::metric);
}

TEST(Scaling, HasTheEfficiencyOfEachRungWithItsError) {
  const auto found = scaling_measures(ladder(), unsaid);
  EXPECT_EQ(find(found, "efficiency(1)").value, 1);
  EXPECT_EQ(find(found, "efficiency(1)").error, 0);
  const budget::Measure& eight = find(found, "efficiency(8)");
  EXPECT_NEAR(eight.value, 1 / (1 + 0.05 * 7 + 0.002 * 56), 1e-6);
  EXPECT_NEAR(eight.error / eight.value, 0.0051, 0.0002);
}

TEST(Scaling, TheLawTellsBetweenRungs) {
  const auto found = efficiency_of(ladder(), 6);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->value, 1 / (1 + 0.05 * 5 + 0.002 * 30), 0.001);
  EXPECT_GT(found->error, 0);
}

TEST(Scaling, TheKneeHasAnError) {
  const auto found = scaling_measures(ladder(), unsaid);
  EXPECT_NEAR(find(found, "knee").value, 21.8, 0.3);
  EXPECT_GT(find(found, "knee").error, 0);
  EXPECT_LT(find(found, "knee").error, 3);
}

TEST(Scaling, RecoveryIsTheSlowestFaults) {
  load::RunResult run;
  run.faults = {{.what = "pause", .over_ms = 1000, .recovered_ms = 200},
                {.what = "kill", .over_ms = 5000, .recovered_ms = 2500}};
  const auto found = recovery_measures(run, unsaid);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].value, 2.5e9);
  EXPECT_THAT(found[0].basis, HasSubstr("\"kill\""));
}

TEST(Scaling, WhoDoesNotComeBackTakesAtLeastAsLongAsTheRun) {
  load::RunResult run{.end_ms = 17'000};
  run.faults = {{.what = "pause", .over_ms = 5000}};
  const auto found = recovery_measures(run, unsaid);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].at_least);
  EXPECT_EQ(found[0].value, 12e9);
  EXPECT_THAT(found[0].basis, HasSubstr("12.0 s later"));
}

TEST(Scaling, WhoDoesNotComeBackTakesAtLeastAsLongAsTheSlowestWhoDid) {
  load::RunResult run{.end_ms = 17'000};
  run.faults = {{.what = "pause", .over_ms = 5000, .recovered_ms = 40'000},
                {.what = "kill", .over_ms = 5000}};
  const auto found = recovery_measures(run, unsaid);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].at_least);
  EXPECT_EQ(found[0].value, 40e9);
}

TEST(Scaling, AFaultThatCouldNotBeDoneMeasuresNothing) {
  load::RunResult run;
  run.faults = {{.what = "pause", .over_ms = 1, .recovered_ms = 200},
                {.what = "full-disk", .trouble = "not permitted"}};
  std::vector<std::string> said;
  EXPECT_THAT(recovery_measures(run, said), IsEmpty());
  EXPECT_THAT(said.at(0), HasSubstr("not permitted"));
}

}  // namespace
}  // namespace tidemark::signoff
