#include "tools/pressure/engine/schedule.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;
using load::Arrivals;

load::LoadPlan plan(Arrivals arrivals, std::vector<load::Stage> stages) {
  return {.arrivals = arrivals, .stages = std::move(stages)};
}

std::vector<double> all_of(Schedule schedule) {
  std::vector<double> times;
  for (; schedule.next() != Schedule::kNever; schedule.advance()) {
    times.push_back(static_cast<double>(schedule.next()) / 1e9);
  }
  return times;
}

std::size_t between(const std::vector<double>& times, double from, double to) {
  return static_cast<std::size_t>(
      std::ranges::count_if(times, [&](double time) { return time > from && time <= to; }));
}

// The Kolmogorov-Smirnov distance of `values` from the distribution `cumulative`, times
// the root of their number: above 1.95 in one of a thousand samples of that distribution.
template <typename Cumulative>
double distance(std::vector<double> values, Cumulative cumulative) {
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  double furthest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cumulative(values[i]);
    furthest = std::max({furthest, std::abs(expected - static_cast<double>(i) / count),
                         std::abs(expected - static_cast<double>(i + 1) / count)});
  }
  return furthest * std::sqrt(count);
}

TEST(Schedule, GapsOfPoissonArrivalsAreExponential) {
  const std::vector<double> times =
      all_of({plan(Arrivals::kPoisson, {{.name = "a", .rate = 1000, .hold = 20s}}), 1, 7});
  std::vector<double> gaps(times.size());
  std::adjacent_difference(times.begin(), times.end(), gaps.begin());
  EXPECT_LT(distance(gaps, [](double gap) { return 1 - std::exp(-1000 * gap); }), 1.95);
  // The test tells a wrong rate from the right one.
  EXPECT_GT(distance(gaps, [](double gap) { return 1 - std::exp(-1050 * gap); }), 1.95);
}

TEST(Schedule, GapsOfPoissonArrivalsDoNotDependOnTheOnesBefore) {
  const std::vector<double> times =
      all_of({plan(Arrivals::kPoisson, {{.name = "a", .rate = 1000, .hold = 20s}}), 1, 8});
  double product = 0;
  for (std::size_t i = 2; i < times.size(); ++i) {
    product += (times[i] - times[i - 1] - 1e-3) * (times[i - 1] - times[i - 2] - 1e-3);
  }
  // The correlation has a standard deviation of 1 / sqrt(n) when there is none.
  EXPECT_LT(std::abs(product / static_cast<double>(times.size()) / 1e-6), 4.0 / std::sqrt(20'000));
}

TEST(Schedule, PoissonArrivalsOnARampFollowItsRate) {
  const std::vector<double> times =
      all_of({plan(Arrivals::kPoisson, {{.name = "a", .rate = 2000, .ramp = 10s}}), 1, 9});
  // Given their number, arrivals are distributed as the area below the rate grows: t^2.
  EXPECT_LT(distance(times, [](double time) { return time * time / 100; }), 1.95);
  EXPECT_NEAR(static_cast<double>(times.size()), 10'000, 400);
}

TEST(Schedule, TheSameSeedGivesTheSameTimesAnotherOneOthers) {
  const load::LoadPlan load =
      plan(Arrivals::kPoisson, {{.name = "a", .rate = 100, .ramp = 1s, .hold = 5s}});
  EXPECT_EQ(all_of({load, 1, 3}), all_of({load, 1, 3}));
  EXPECT_NE(all_of({load, 1, 3}), all_of({load, 1, 4}));
}

TEST(Schedule, ConstantArrivalsAreExactInNumber) {
  const std::vector<double> times =
      all_of({plan(Arrivals::kConstant, {{.name = "a", .rate = 50, .hold = 10s},
                                         {.name = "b", .rate = 150, .ramp = 4s},
                                         {.name = "c", .rate = 150, .hold = 2s}}),
              1, 1});
  EXPECT_EQ(between(times, 0, 10), 500U);
  EXPECT_EQ(between(times, 10, 14), 400U);
  EXPECT_EQ(between(times, 14, 16), 300U);
}

TEST(Schedule, ARampIsStraight) {
  const std::vector<double> times =
      all_of({plan(Arrivals::kConstant, {{.name = "a", .rate = 100, .ramp = 10s}}), 1, 1});
  ASSERT_EQ(times.size(), 500U);
  for (std::size_t n = 1; n <= times.size(); ++n) {
    EXPECT_NEAR(times[n - 1], std::sqrt((static_cast<double>(n) - 0.5) / 5), 1e-6);
  }
}

TEST(Schedule, ManyHoursLeaveItExact) {
  Schedule schedule(plan(Arrivals::kConstant, {{.name = "a", .rate = 0.01, .hold = 240h},
                                               {.name = "b", .rate = 1000, .hold = 1s}}),
                    1, 1);
  EXPECT_EQ(all_of(schedule).size(), 8640U + 1000U);
}

TEST(Schedule, SlowDownsDivideTheRate) {
  const load::LoadPlan load = plan(Arrivals::kConstant, {{.name = "a", .rate = 100, .hold = 10s}});
  EXPECT_EQ(all_of({load, 4, 1}).size(), 250U);
  EXPECT_EQ(Schedule(load, 4, 1).rate_at(kSecond), 25);
}

TEST(Schedule, ClientsOfAClosedLoadRampUpAndDown) {
  const Schedule schedule(plan(Arrivals::kClosed, {{.name = "a", .clients = 10, .ramp = 10s},
                                                   {.name = "b", .clients = 2, .ramp = 4s}}),
                          1, 1);
  EXPECT_EQ(schedule.next(), Schedule::kNever);
  EXPECT_EQ(schedule.clients_at(5 * kSecond), 5);
  EXPECT_EQ(schedule.clients_at(12 * kSecond), 6);
  EXPECT_EQ(schedule.clients_at(20 * kSecond), 0);
}

}  // namespace
}  // namespace tidemark::pressure
