#include "lib/load/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <utility>
#include <vector>

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;

// The place of the bucket that counts `ns`.
std::size_t bucket_of(std::int64_t ns) {
  Histogram one;
  one.record(ns);
  return one.counts().size() - 1;
}

std::int64_t lowest_like(std::int64_t ns) { return Histogram::lowest_of(bucket_of(ns)); }
std::int64_t highest_like(std::int64_t ns) { return Histogram::highest_of(bucket_of(ns)); }

Histogram made_of(const std::vector<std::int64_t>& values) {
  Histogram made;
  for (const std::int64_t value : values) made.record(value);
  return made;
}

// The rows of HdrHistogram's own tests for 3 digits: HistogramTest.java.
TEST(Histogram, KnowsTheValuesThatOneOfHdrHistogramsBucketsStandsFor) {
  EXPECT_EQ(lowest_like(10'007), 10'000);
  EXPECT_EQ(lowest_like(10'009), 10'008);
  EXPECT_EQ(highest_like(8'180), 8'183);
  EXPECT_EQ(highest_like(8'191), 8'191);
  EXPECT_EQ(highest_like(8'193), 8'199);
  EXPECT_EQ(highest_like(9'995), 9'999);
  EXPECT_EQ(highest_like(10'007), 10'007);
  EXPECT_EQ(highest_like(10'008), 10'015);
  EXPECT_EQ(highest_like(2'047), 2'047);
  EXPECT_EQ(lowest_like(2'049), 2'048);
  EXPECT_EQ(highest_like(2'048), 2'049);
}

TEST(Histogram, EveryBucketBeginsAfterTheOneBeforeIt) {
  for (std::size_t bucket = 1; bucket < Histogram::kBuckets; ++bucket)
    ASSERT_EQ(Histogram::lowest_of(bucket), Histogram::highest_of(bucket - 1) + 1) << bucket;
  EXPECT_GE(Histogram::highest_of(Histogram::kBuckets - 1), Histogram::kHighest);
}

TEST(Histogram, EveryValueIsCountedInTheBucketThatHoldsIt) {
  for (std::int64_t value = 1; value < Histogram::kHighest; value += value / 37 + 1) {
    ASSERT_LE(lowest_like(value), value);
    ASSERT_GE(highest_like(value), value);
    ASSERT_LE(highest_like(value) - lowest_like(value), value / 1024);
  }
}

// HistogramDataAccessTest.java: 10,000 values of 1000 and one of 100,000,000.
TEST(Histogram, PercentilesAreHdrHistograms) {
  Histogram times;
  times.record(1'000, 10'000);
  times.record(100'000'000);
  EXPECT_EQ(times.at_percentile(30), 1'000);
  EXPECT_EQ(times.at_percentile(99.99), 1'000);
  EXPECT_EQ(times.at_percentile(99.999), 100'000'000);
  EXPECT_EQ(times.at_percentile(100), 100'000'000);
  EXPECT_EQ(times.at_percentile(0), 1'000);
}

TEST(Histogram, AShareThatIsWholeInDecimalIsNotRoundedUp) {
  Histogram times;
  for (std::int64_t value = 1; value <= 1'000; ++value) times.record(value);
  EXPECT_EQ(times.at_percentile(99.9), 999);
  EXPECT_EQ(times.at_percentile(50), 500);
  EXPECT_EQ(times.at_percentile(0.1), 1);
}

TEST(Histogram, APercentileIsTheHighestValueOfItsBucketButNeverAboveTheMaximum) {
  const Histogram times = made_of({10'001, 20'001});
  EXPECT_EQ(times.at_percentile(50), 10'007);
  EXPECT_EQ(times.at_percentile(100), 20'001);
}

TEST(Histogram, EndsAreExact) {
  const Histogram times = made_of({1'234'567, 7'654'321});
  EXPECT_EQ(times.min(), 1'234'567);
  EXPECT_EQ(times.max(), 7'654'321);
}

TEST(Histogram, MeanAndDeviationAreOfTheMiddlesOfBuckets) {
  const Histogram times = made_of({10'000, 10'007, 20'000});  // 10,000..10,007, 20,000..20,015
  EXPECT_DOUBLE_EQ(times.mean(), (10'004 + 10'004 + 20'008) / 3.0);
  EXPECT_NEAR(times.deviation(), (20'008 - 10'004) * std::sqrt(2) / 3, 1e-9);
}

TEST(Histogram, WithoutAValueEverythingIsZero) {
  const Histogram none;
  EXPECT_EQ(none.count() + none.min() + none.max() + none.at_percentile(99), 0);
  EXPECT_EQ(none.mean() + none.deviation(), 0);
  EXPECT_TRUE(none.counts().empty());
}

TEST(Histogram, ValuesBeyondItsEndsCountAsItsEnds) {
  const Histogram times = made_of({-5, INT64_MAX});
  EXPECT_EQ(times.min(), 0);
  EXPECT_EQ(times.max(), Histogram::kHighest);
  EXPECT_EQ(times.count(), 2);
}

TEST(Histogram, CountsWhatIsAtMostAValue) {
  const Histogram times = made_of({5, 10, 10, 1'000'000});
  EXPECT_EQ(times.count_up_to(4), 0);
  EXPECT_EQ(times.count_up_to(10), 3);
  EXPECT_EQ(times.count_up_to(INT64_MAX), 4);
}

TEST(Histogram, MergingIsAddition) {
  Histogram sum = made_of({5, 70'000});
  sum.add(made_of({5, 3, 9'000'000'000}));
  EXPECT_EQ(sum.count(), 5);
  EXPECT_EQ(sum.min(), 3);
  EXPECT_EQ(sum.max(), 9'000'000'000);
  EXPECT_EQ(sum.count_up_to(5), 3);
  sum.add(Histogram());
  EXPECT_EQ(sum.count(), 5);
}

TEST(Histogram, IsEmptyAgainOnceCleared) {
  Histogram times = made_of({5, 70'000, 9'000'000'000});
  times.clear();
  EXPECT_EQ(times.count(), 0);
  times.record(6);
  EXPECT_EQ(times.min(), 6);
  EXPECT_THAT(times.counts(), ElementsAre(0, 0, 0, 0, 0, 0, 1));
}

TEST(Histogram, ACopyIsItsOwnAndAMovedOneIsEmpty) {
  Histogram first = made_of({5});
  Histogram copy = first;
  copy.record(7);
  EXPECT_EQ(first.count(), 1);
  const Histogram taken = std::move(first);
  EXPECT_EQ(taken.max(), 5);
  first.clear();
  first.record(9);
  EXPECT_EQ(first.min(), 9);
}

TEST(Histogram, ComesBackFromItsCounts) {
  const Histogram times = made_of({5, 70'001, 9'000'000'001});
  const Histogram back = Histogram::of(times.counts(), times.min(), times.max());
  EXPECT_EQ(back.count(), 3);
  EXPECT_EQ(back.min(), 5);
  EXPECT_EQ(back.max(), 9'000'000'001);
  EXPECT_EQ(back.at_percentile(50), times.at_percentile(50));
}

TEST(Histogram, EndsThatDoNotFitItsCountsAreMovedToTheirBuckets) {
  const Histogram times = made_of({10'001, 20'001});
  const Histogram back = Histogram::of(times.counts(), 3, INT64_MAX);
  EXPECT_EQ(back.min(), 10'000);
  EXPECT_EQ(back.max(), 20'015);
}

// A label's histograms of each stage are there for hours: what is not used must cost nothing.
TEST(Histogram, OnlyTouchedPagesAreThere) {
  Histogram times;
  for (std::int64_t value = 20'000; value < 1'000'000; value += 100) times.record(value);
  const auto* begin = times.counts().data();
  std::vector<unsigned char> there(Histogram::kBuckets * sizeof *begin / 4096);
  // mincore() speaks of mapped pages; those of anonymous memory are there once written to.
  ASSERT_EQ(mincore(const_cast<std::int64_t*>(begin), there.size() * 4096, there.data()), 0);
  std::size_t pages = 0;
  for (const unsigned char page : there) pages += page & 1;
  EXPECT_LE(pages, 16);
  EXPECT_GE(pages, 10);
}

}  // namespace
}  // namespace tidemark::load
