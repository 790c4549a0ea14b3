#include "lib/load/histogram.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

namespace tidemark::load {
namespace {

constexpr std::size_t kBytes = Histogram::kBuckets * sizeof(std::int64_t);

// Where the middle of a bucket is, as HdrHistogram counts it.
double middle_of(std::size_t bucket) {
  const std::int64_t width = Histogram::highest_of(bucket) - Histogram::lowest_of(bucket) + 1;
  return static_cast<double>(Histogram::lowest_of(bucket) + (width >> 1));
}

}  // namespace

void Histogram::Unmap::operator()(std::int64_t* counts) const { munmap(counts, kBytes); }

// Not from the heap: malloc would hand out memory that was used before, and zero all of it.
// Without huge pages, or one touched bucket would cost 2 MB.
void Histogram::allocate() {
  void* pages = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  madvise(pages, kBytes, MADV_NOHUGEPAGE);
  counts_.reset(static_cast<std::int64_t*>(pages));
}

template <typename Do>
void Histogram::each(Do&& with) const {
  for (std::uint64_t left = touched_; left != 0; left &= left - 1) {
    const auto begin = static_cast<std::size_t>(std::countr_zero(left)) * kBlock;
    for (std::size_t bucket = begin; bucket < begin + kBlock; ++bucket)
      if (counts_[bucket] != 0) with(bucket, counts_[bucket]);
  }
}

Histogram::Histogram(const Histogram& other) { add(other); }

Histogram::Histogram(Histogram&& other) noexcept
    : counts_(std::move(other.counts_)),
      touched_(std::exchange(other.touched_, 0)),
      count_(std::exchange(other.count_, 0)),
      min_(std::exchange(other.min_, kHighest)),
      max_(std::exchange(other.max_, 0)) {}

Histogram& Histogram::operator=(Histogram other) noexcept {
  std::swap(counts_, other.counts_);
  std::swap(touched_, other.touched_);
  std::swap(count_, other.count_);
  std::swap(min_, other.min_);
  std::swap(max_, other.max_);
  return *this;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (counts_ == nullptr) allocate();
  other.each([this](std::size_t bucket, std::int64_t times) { counts_[bucket] += times; });
  touched_ |= other.touched_;
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  for (std::uint64_t left = touched_; left != 0; left &= left - 1)
    std::fill_n(&counts_[static_cast<std::size_t>(std::countr_zero(left)) * kBlock], kBlock, 0);
  touched_ = 0;
  count_ = 0;
  min_ = kHighest;
  max_ = 0;
}

Histogram Histogram::of(std::span<const std::int64_t> counts, std::int64_t min, std::int64_t max) {
  Histogram made;
  std::size_t first = kBuckets;
  std::size_t last = 0;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    if (counts[bucket] == 0) continue;
    made.record(lowest_of(bucket), counts[bucket]);
    first = std::min(first, bucket);
    last = bucket;
  }
  if (made.count_ == 0) return made;
  made.min_ = std::clamp(min, lowest_of(first), highest_of(first));
  made.max_ = std::clamp(max, lowest_of(last), std::min(highest_of(last), kHighest));
  return made;
}

std::size_t Histogram::bytes() const {
  return static_cast<std::size_t>(std::popcount(touched_)) * kBlock * sizeof(std::int64_t);
}

double Histogram::mean() const {
  if (count_ == 0) return 0;
  double sum = 0;
  each([&sum](std::size_t bucket, std::int64_t times) {
    sum += middle_of(bucket) * static_cast<double>(times);
  });
  return sum / static_cast<double>(count_);
}

double Histogram::deviation() const {
  if (count_ == 0) return 0;
  const double middle = mean();
  double sum = 0;
  each([&sum, middle](std::size_t bucket, std::int64_t times) {
    const double off = middle_of(bucket) - middle;
    sum += off * off * static_cast<double>(times);
  });
  return std::sqrt(sum / static_cast<double>(count_));
}

// One step towards 0 first, as HdrHistogram does: or 99.9 percent of 1000 values, which is
// 999.0000000000001 of them in binary, would be the thousandth.
std::int64_t Histogram::at_percentile(double percent) const {
  if (count_ == 0) return 0;
  const double asked = std::clamp(std::nextafter(percent, 0.0), 0.0, 100.0);
  const double share = std::ceil(asked * static_cast<double>(count_) / 100.0);
  const std::int64_t wanted = std::max<std::int64_t>(static_cast<std::int64_t>(share), 1);
  std::int64_t seen = 0;
  for (std::uint64_t left = touched_; left != 0; left &= left - 1) {
    const auto begin = static_cast<std::size_t>(std::countr_zero(left)) * kBlock;
    for (std::size_t bucket = begin; bucket < begin + kBlock; ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted)
        return std::min(percent <= 0 ? lowest_of(bucket) : highest_of(bucket), max_);
    }
  }
  return max_;
}

std::int64_t Histogram::count_up_to(std::int64_t ns) const {
  if (ns < 0) return 0;
  const std::size_t last = bucket_of(std::min(ns, kHighest));
  std::int64_t seen = 0;
  each([&seen, last](std::size_t bucket, std::int64_t times) {
    if (bucket <= last) seen += times;
  });
  return seen;
}

std::span<const std::int64_t> Histogram::counts() const {
  if (count_ == 0) return {};
  return {counts_.get(), bucket_of(max_) + 1};
}

std::int64_t Histogram::lowest_of(std::size_t bucket) {
  if (bucket < 2 * kBlock) return static_cast<std::int64_t>(bucket);
  const std::size_t power = bucket / kBlock - 1;
  return static_cast<std::int64_t>((bucket % kBlock + kBlock) << power);
}

std::int64_t Histogram::highest_of(std::size_t bucket) {
  if (bucket < 2 * kBlock) return static_cast<std::int64_t>(bucket);
  return lowest_of(bucket) + (std::int64_t{1} << (bucket / kBlock - 1)) - 1;
}

}  // namespace tidemark::load
