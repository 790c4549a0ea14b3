#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tidemark::load {

// Counts of durations in nanoseconds, in the geometry of HdrHistogram
// (https://github.com/HdrHistogram/HdrHistogram) with 3 significant digits, from 1 ns to
// 1 h: up to 2047 each value has a bucket of its own, from there on each power of two has
// 1024 buckets, so a value is kept to within 1/1024 of itself. The size is fixed, 270 KB of
// address space of which only the touched pages are there, and none before the first
// record(); recording is a few instructions.
//
// Invariant: count() is the sum of counts().
class Histogram {
 public:
  static constexpr std::int64_t kHighest = 3'600'000'000'000;
  static constexpr std::size_t kBuckets = 33'792;

  Histogram() = default;
  Histogram(const Histogram& other);
  Histogram(Histogram&& other) noexcept;
  Histogram& operator=(Histogram other) noexcept;
  ~Histogram() = default;

  // Less than 0 counts as 0, more than kHighest as kHighest. REQUIRES: times >= 0
  void record(std::int64_t ns, std::int64_t times = 1) {
    if (counts_ == nullptr) allocate();
    if (ns < 0) ns = 0;
    if (ns > kHighest) ns = kHighest;
    const std::size_t bucket = bucket_of(ns);
    counts_[bucket] += times;
    touched_ |= std::uint64_t{1} << (bucket / kBlock);
    count_ += times;
    if (ns < min_) min_ = ns;
    if (ns > max_) max_ = ns;
  }
  void add(const Histogram& other);
  void clear();  // costs what was touched

  // From the counts of its buckets and its exact ends, as files keep them. Ends that do not
  // lie in the first and the last bucket that is not empty are moved there. REQUIRES: at
  // most kBuckets, none negative, and a sum that fits.
  static Histogram of(std::span<const std::int64_t> counts, std::int64_t min, std::int64_t max);

  // What is there of it in memory.
  std::size_t bytes() const;

  std::int64_t count() const { return count_; }
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }  // 0 when there is none, as all below
  std::int64_t max() const { return max_; }                    // exact, not that of a bucket
  double mean() const;                                         // of the buckets' middles
  double deviation() const;                                    // standard

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
  static constexpr std::size_t kBlock = 1024;  // buckets: one power of two, two pages

  // The place of the value's highest bit says which power of two, the 10 bits below it
  // which bucket there.
  static std::size_t bucket_of(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns);
    const auto power = static_cast<unsigned>(53 - __builtin_clzll(value | 2047));
    return (std::size_t{power} << 10) + (value >> power);
  }

  // Pages that are zero, and there only once they are written to.
  void allocate();
  struct Unmap {
    void operator()(std::int64_t* counts) const;
  };

  template <typename Do>
  void each(Do&& with) const;  // with(bucket, its count) for all that are not empty, upwards

  std::unique_ptr<std::int64_t[], Unmap> counts_;
  std::uint64_t touched_ = 0;  // a bit for each block of kBlock buckets
  std::int64_t count_ = 0;
  std::int64_t min_ = kHighest;
  std::int64_t max_ = 0;
};

}  // namespace tidemark::load
