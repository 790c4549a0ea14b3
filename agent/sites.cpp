#include "agent/sites.h"

#include "agent/atomics.h"
#include "agent/draw.h"
#include "agent/heap.h"

namespace tidemark::agent {
namespace {

using heap_file::Header;
using heap_file::Live;
using heap_file::Site;

// A block of `size` bytes that was sampled with `chance` stands for 1 / chance blocks.
struct Estimate {
  double chance;
  double objects;
  double bytes;
};

Estimate estimate_of(const Live& block) {
  const double p = chance(block.size, block.mean);
  return {p, 1 / p, static_cast<double>(block.size) / p};
}

void set_zero(double& field) { store(field, 0.0); }

// The first touch since a reset forgets what was counted before it. Another thread's count may
// get lost with it, just as if it came a moment earlier.
void reset(Site& site) {
  store(site.samples, std::uint64_t{0});
  store(site.freed, std::uint64_t{0});
  for (double* field : {&site.bytes, &site.objects, &site.bytes_variance, &site.objects_variance,
                        &site.freed_bytes, &site.freed_objects})
    set_zero(*field);
  for (std::uint64_t& samples : site.freed_at_age) store(samples, std::uint64_t{0});
  for (double& bytes : site.freed_bytes_at_age) set_zero(bytes);
}

// To be called before the live numbers of a site change.
Site& touch(std::uint32_t number) {
  Site& site = heap.sites[number];
  const std::uint32_t generation = load(heap.header->generation);
  const std::uint32_t touched = load(site.generation);
  if (touched != generation && exchange_if(site.generation, touched, generation)) reset(site);
  const std::uint32_t epoch = load(heap.header->peak_epoch);
  const std::uint32_t saved = load(site.peak_epoch);
  if (saved != epoch && exchange_if(site.peak_epoch, saved, epoch)) {
    store(site.peak_bytes, load(site.live_bytes));
    store(site.peak_objects, load(site.live_objects));
  }
  return site;
}

void count_live(double bytes, std::uint64_t now) {
  Header& header = *heap.header;
  const double live = add(header.live_bytes, bytes);
  double peak = load(header.peak_bytes);
  while (live > peak) {
    double higher = live;
    if (!__atomic_compare_exchange(&header.peak_bytes, &peak, &higher, true, __ATOMIC_RELAXED,
                                   __ATOMIC_RELAXED))
      continue;
    store(header.peak_ns, now);
    add(header.peak_epoch, 1U);
    return;
  }
}

std::uint32_t age_of(std::uint64_t lived_ns) {
  std::uint32_t age = 0;
  while (age + 1 < heap_file::kAges && lived_ns >= heap_file::kAgeBounds[age]) ++age;
  return age;
}

}  // namespace

std::uint32_t site_of(std::uint32_t node) {
  if (node == StackTrie::kNone) return kNoSite;
  std::uint32_t& of_node = heap.stacks.nodes[node].site;
  const std::uint32_t known = load(of_node);
  if (known != 0) return known - 1;
  if (load(heap.next_site) >= heap.site_count) return kNoSite;
  const std::uint32_t number = add(heap.next_site, 1U);
  if (number >= heap.site_count) return kNoSite;
  // Written before others count there: the program may be killed in between.
  Site& site = heap.sites[number];
  store(site.generation, load(heap.header->generation));
  store(site.node, node);
  if (exchange_if(of_node, 0U, number + 1)) return number;
  // Another thread was first, with the same stack: this number stays empty.
  store(site.node, 0U);
  return load(of_node) - 1;
}

void count_allocated(const Live& block) {
  Header& header = *heap.header;
  const Estimate estimate = estimate_of(block);
  add(header.samples, std::uint64_t{1});
  store(header.last_ns, block.born_ns);
  if (block.site == kNoSite) {
    add(header.lost_sites, std::uint64_t{1});
  } else {
    Site& site = touch(block.site);
    const double p = estimate.chance;
    const auto size = static_cast<double>(block.size);
    add(site.samples, std::uint64_t{1});
    add(site.bytes, estimate.bytes);
    add(site.objects, estimate.objects);
    add(site.bytes_variance, size * size * (1 - p) / (p * p));
    add(site.objects_variance, (1 - p) / (p * p));
    add(site.live_bytes, estimate.bytes);
    add(site.live_objects, estimate.objects);
  }
  count_live(estimate.bytes, block.born_ns);
}

void count_freed(const Live& block, std::uint64_t now_ns) {
  Header& header = *heap.header;
  const Estimate estimate = estimate_of(block);
  add(header.freed, std::uint64_t{1});
  store(header.last_ns, now_ns);
  if (block.site != kNoSite) {
    Site& site = touch(block.site);
    const std::uint32_t age = age_of(now_ns > block.born_ns ? now_ns - block.born_ns : 0);
    add(site.freed, std::uint64_t{1});
    add(site.freed_bytes, estimate.bytes);
    add(site.freed_objects, estimate.objects);
    add(site.freed_at_age[age], std::uint64_t{1});
    add(site.freed_bytes_at_age[age], estimate.bytes);
    add(site.live_bytes, -estimate.bytes);
    add(site.live_objects, -estimate.objects);
  }
  add(header.live_bytes, -estimate.bytes);
}

}  // namespace tidemark::agent
