#include "tools/pressure/beside/reconnect.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace tidemark::pressure {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const load::Span kSpan{.low = milliseconds(100), .high = seconds(5)};

// The longest of many waits that could have been the `turn`-th.
double longest(int turn, Time stood_before_last = 0) {
  Time most = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    load::Random random(seed);
    Backoff backoff(kSpan);
    for (int i = 0; i < turn; ++i) backoff.next(0, random);
    most = std::max(most, backoff.next(stood_before_last, random));
  }
  return static_cast<double>(most);
}

TEST(Backoff, DoublesItsBoundUpToTheHighest) {
  EXPECT_NEAR(longest(0), 100 * kMillisecond, 5 * kMillisecond);
  EXPECT_NEAR(longest(1), 200 * kMillisecond, 10 * kMillisecond);
  EXPECT_NEAR(longest(3), 800 * kMillisecond, 40 * kMillisecond);
  EXPECT_NEAR(longest(60), 5 * kSecond, kSecond / 10.0);
}

TEST(Backoff, SpreadsFromZero) {
  load::Random random(1);
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    Backoff backoff(kSpan);
    sum += static_cast<double>(backoff.next(0, random));
  }
  EXPECT_NEAR(sum / 1000, 50 * kMillisecond, 5 * kMillisecond);
}

TEST(Backoff, BeginsAnewAfterAGoodStretch) {
  EXPECT_LE(longest(8, 5 * kSecond), 100 * kMillisecond);
  EXPECT_GT(longest(8, 4 * kSecond), 4 * kSecond);
}

TEST(Backoff, HeedsWhatTheServerAskedForWithinTheHighest) {
  load::Random random(1);
  Time most = 0;
  for (int i = 0; i < 1000; ++i) {
    Backoff backoff(kSpan);
    most = std::max(most, backoff.next(0, random, 3600 * kSecond));
  }
  EXPECT_GT(most, 4 * kSecond);
  EXPECT_LE(most, 5 * kSecond);
}

TEST(Attendance, IsTheShareOfTimeOfAllClientsTogether) {
  Attendance attendance;
  attendance.begin(100, 2);
  attendance.come(100);
  attendance.come(150);
  attendance.go(175);
  EXPECT_DOUBLE_EQ(attendance.share(200), (100.0 + 25.0) / 200.0);
}

TEST(Attendance, OfNoTimeIsNothing) { EXPECT_EQ(Attendance().share(0), 0); }

}  // namespace
}  // namespace tidemark::pressure
