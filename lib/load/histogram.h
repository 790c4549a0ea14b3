#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark::load {

// Counts of durations in nanoseconds, in the geometry of HdrHistogram
// (https://github.com/HdrHistogram/HdrHistogram) with 3 significant digits, from 1 ns to
// 1 h: each value is kept to within 1/2048 of itself. The size is fixed, about 270 KB of
// which only the touched pages are there; recording is a few instructions.
//
// Invariant: count() is the sum of counts().
class Histogram {
 public:
  static constexpr std::int64_t kHighest = 3'600'000'000'000;

  Histogram();

  // Less than 0 counts as 0, more than kHighest as kHighest.
  void record(std::int64_t ns, std::int64_t times = 1);
  void add(const Histogram& other);
  void clear();  // costs what was touched

  std::int64_t count() const { return count_; }
  std::int64_t min() const;  // 0 when there is none, as all below
  std::int64_t max() const;  // exact, not that of a bucket
  double mean() const;       // of the buckets' middles
  double deviation() const;  // standard

  // The value that `percent` of the values do not exceed: the highest that its bucket
  // stands for, as HdrHistogram gives it, but never above max().
  std::int64_t at_percentile(double percent) const;

  // How many values are at most `ns` (to the resolution of a bucket).
  std::int64_t count_up_to(std::int64_t ns) const;

  // By bucket, from 0 to the last that is not empty; what lowest_of() and highest_of()
  // say are the values that a bucket stands for.
  std::span<const std::int64_t> counts() const;
  static std::int64_t lowest_of(std::size_t bucket);
  static std::int64_t highest_of(std::size_t bucket);

 private:
  static std::size_t bucket_of(std::int64_t ns);

  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  std::size_t first_ = 0;  // what was touched: [first_, end_)
  std::size_t end_ = 0;
};

}  // namespace tidemark::load
