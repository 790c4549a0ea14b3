#include "parsers/heap_file_estimates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace tidemark {
namespace {

namespace hf = heap_file;

constexpr double kMost = 4.6e18;       // half of what 64 bits hold: a sum of two still fits
constexpr std::size_t kTemporary = 2;  // buckets: freed within kAgeBounds[1], 10 ms

bool fits(std::uint64_t count) { return count <= static_cast<std::uint64_t>(kMost); }

double not_negative(double number) { return number < 0 ? 0 : number; }

// `part` of `whole`, at most 1; 0 when there is nothing.
double share(double part, double whole) { return whole > 0 ? std::min(part / whole, 1.0) : 0; }

}  // namespace

std::vector<ValueType> heap_file_values() {
  std::vector<ValueType> types;
  for (const char* kind : {"inuse", "alloc", "temporary", "peak"}) {
    types.push_back({.name = fmt::format("{}_objects", kind), .unit = "count"});
    types.push_back({.name = fmt::format("{}_space", kind), .unit = "bytes"});
  }
  return types;
}

bool usable(double number) { return number >= 0 && number < kMost; }

bool usable(const hf::Site& site) {
  for (const double number :
       {site.bytes, site.objects, site.bytes_variance / kMost, site.objects_variance / kMost,
        site.freed_bytes, site.freed_objects, site.live_bytes, site.live_objects, site.peak_bytes,
        site.peak_objects}) {
    if (!usable(number)) return false;
  }
  for (std::size_t age = 0; age < hf::kAges; ++age) {
    if (!usable(site.freed_bytes_at_age[age]) || !fits(site.freed_at_age[age])) return false;
  }
  return fits(site.samples);
}

hf::Site as_of(const hf::Site& site, std::uint32_t generation) {
  hf::Site now{};
  if (site.generation == generation) now = site;
  now.node = site.node;
  // They are added to and taken from: what is left of nothing may be -1e-13.
  now.live_bytes = not_negative(site.live_bytes);
  now.live_objects = not_negative(site.live_objects);
  now.peak_bytes = not_negative(now.peak_bytes);
  now.peak_objects = not_negative(now.peak_objects);
  return now;
}

std::size_t age_bucket(std::uint64_t age_ns) {
  const auto* const bound = std::ranges::upper_bound(hf::kAgeBounds, age_ns);
  return static_cast<std::size_t>(bound - std::begin(hf::kAgeBounds));
}

bool LiveSums::add(const hf::Live& live, std::uint64_t age_ns) {
  const auto size = static_cast<double>(live.size);
  const double p = live.mean > 0 ? -std::expm1(-size / static_cast<double>(live.mean)) : 0;
  const double more = size / p;
  if (!(p > 0) || !usable(bytes + more)) return false;
  objects += 1 / p;
  bytes += more;
  objects_variance += (1 - p) / (p * p);
  bytes_variance += size * size * (1 - p) / (p * p);
  ++samples[age_bucket(age_ns)];
  bytes_at_age[age_bucket(age_ns)] += more;
  return true;
}

HeapEstimates estimates_of(const hf::Site& site, const LiveSums& live, std::uint32_t peak_epoch) {
  HeapEstimates sums;
  auto& values = sums.values;
  auto& variances = sums.variances;
  values[kInUseObjects] = live.objects;
  values[kInUseSpace] = live.bytes;
  variances[kInUseObjects] = live.objects_variance;
  variances[kInUseSpace] = live.bytes_variance;
  values[kAllocObjects] = site.objects;
  values[kAllocSpace] = site.bytes;
  variances[kAllocObjects] = site.objects_variance;
  variances[kAllocSpace] = site.bytes_variance;
  double samples = 0;
  for (std::size_t age = 0; age < kTemporary; ++age) {
    values[kTemporarySpace] += site.freed_bytes_at_age[age];
    samples += static_cast<double>(site.freed_at_age[age]);
  }
  values[kTemporaryObjects] = site.freed_objects * share(samples, static_cast<double>(site.freed));
  const bool at_peak = site.peak_epoch == peak_epoch && peak_epoch != 0;
  values[kPeakObjects] = at_peak ? site.peak_objects : live.objects;
  values[kPeakSpace] = at_peak ? site.peak_bytes : live.bytes;
  // The variance of a sum over blocks grows with their number: a part of them has its share.
  const auto scaled = [&](HeapValue part, HeapValue whole) {
    return values[whole] > 0 ? variances[whole] / values[whole] * values[part] : 0;
  };
  variances[kTemporaryObjects] = scaled(kTemporaryObjects, kAllocObjects);
  variances[kTemporarySpace] = scaled(kTemporarySpace, kAllocSpace);
  variances[kPeakObjects] = scaled(kPeakObjects, site.objects > 0 ? kAllocObjects : kInUseObjects);
  variances[kPeakSpace] = scaled(kPeakSpace, site.bytes > 0 ? kAllocSpace : kInUseSpace);
  if (!at_peak) {
    variances[kPeakObjects] = variances[kInUseObjects];
    variances[kPeakSpace] = variances[kInUseSpace];
  }
  return sums;
}

bool HeapTotals::take(const HeapEstimates& more) {
  for (std::size_t i = 0; i < kValues; ++i) {
    if (!usable(sums_[i] + more.values[i]) || !std::isfinite(more.variances[i])) return false;
  }
  for (std::size_t i = 0; i < kValues; ++i) sums_[i] += more.values[i];
  return true;
}

}  // namespace tidemark
