#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/model/profile.h"

namespace tidemark {

// The four numbers that heap profiles in text give for one stack, "3: 300
// [5: 500]": objects and bytes in use, objects and bytes ever allocated.
using HeapCounts = std::array<std::int64_t, 4>;

// What they count, in the same order; inuse_space is shown unless asked.
std::vector<ValueType> heap_value_types();
constexpr std::size_t kInUseSpace = 1;

// Cuts "3: 300 [5: 500]", with any blanks before its parts, off the front of
// `text`. Nothing when it starts otherwise or a number does not fit. A number of
// objects may be negative, as gperftools 2.10 writes those beyond 2^31.
std::optional<HeapCounts> take_heap_counts(std::string_view& text);

// What sampled counts stand for.
struct HeapEstimate {
  HeapCounts values{};
  std::array<double, 4> variances{};
};

// The estimate of what was there when a byte was sampled every `rate` bytes on
// average. An allocation of s bytes is sampled with p = 1 - exp(-s/rate), so n
// sampled ones stand for n/p. s is the mean size of the record, as in pprof, and
// the values are cut to whole numbers as in pprof. n/p varies by n(1-p)/p^2, and
// the bytes by s^2 times that. Throws Error when a value does not fit, or when
// there are bytes without objects.
//
//   100 samples of 1000 bytes at rate 65536: p = 0.01514, so 6603 objects +- 655
HeapEstimate estimate(const HeapCounts& sampled, std::int64_t rate);

}  // namespace tidemark
