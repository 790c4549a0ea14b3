#include "agent/sampler.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/control.h"
#include "agent/early.h"
#include "agent/heap.h"
#include "agent/recognition.h"
#include "agent/record.h"
#include "agent/sites.h"

namespace tidemark::agent {
namespace {

using heap_file::Live;

constexpr Size kPage = 4096;

// A sampled block, or null: when it is not taken, or there is no memory. `get` asks for it.
template <class Get>
void* sample(Size size, Get get) {
  const AtWork work;
  const float mean = take(work, size);
  if (mean == 0) return nullptr;
  void* block = get();
  if (block != nullptr) record(block, size, mean);
  return block;
}

// The same, with errno as the real function leaves it when it is asked instead.
template <class Get>
void* sample_or(Size size, Get get) {
  void* block = sample(size, get);
  return block != nullptr ? block : get();
}

bool untrack(void* block, Live& old) {
  if (!maybe_sampled(block) || !heap.live.remove(address_of(block), old)) return false;
  recognised.remove(address_of(block));
  return true;
}

void track_again(void* block, const Live& old) {
  recognised.insert(address_of(block));
  if (!heap.live.insert(address_of(block), old)) recognised.remove(address_of(block));
}

void* move_early_block(const void* block, Size size) {
  void* moved = real.malloc(size);
  const Size old = early_block_size(block);
  if (moved != nullptr) memcpy(moved, block, old < size ? old : size);
  return moved;
}

}  // namespace

void* sample_malloc(Size size) {
  return sample_or(size, [size] { return real.malloc(size); });
}

void* sample_calloc(Size count, Size size) {
  return sample_or(count * size,  // does not overflow: the hook looked
                   [count, size] { return real.calloc(count, size); });
}

void* sample_memalign(Size alignment, Size size) {
  return sample_or(size, [alignment, size] { return real.memalign(alignment, size); });
}

int sample_posix_memalign(void** block, Size alignment, Size size) {
  void* sampled = sample(size, [alignment, size]() -> void* {
    void* got = nullptr;
    return real.posix_memalign(&got, alignment, size) == 0 ? got : nullptr;
  });
  if (sampled == nullptr) return real.posix_memalign(block, alignment, size);
  *block = sampled;
  return 0;
}

void* sample_aligned_alloc(Size alignment, Size size) {
  return sample_or(size, [alignment, size] { return real.aligned_alloc(alignment, size); });
}

void* sample_valloc(Size size) {
  return sample_or(size, [size] { return real.valloc(size); });
}

void* sample_pvalloc(Size size) {
  if (size > SIZE_MAX - kPage) return real.pvalloc(size);
  const Size pages = (size + kPage - 1) / kPage * kPage;
  return sample_or(pages, [size] { return real.pvalloc(size); });
}

void* sample_new(Size alignment, Size size) {
  if (!std::has_single_bit(alignment)) return nullptr;
  return sample(size, [alignment, size] {
    return alignment <= alignof(std::max_align_t) ? real.malloc(size)
                                                  : real.memalign(alignment, size);
  });
}

void* resize(void* block, Size size, bool due) {
  if (block != nullptr && is_early_block(block)) return move_early_block(block, size);
  Live old{};
  const bool sampled = block != nullptr && untrack(block, old);
  void* moved = real.realloc(block, size);
  if (moved == nullptr) {
    if (sampled && size != 0) {
      track_again(block, old);
    } else if (sampled) {
      const AtWork work;
      count_freed(old, now_ns());
    }
    if (due) {
      const AtWork work;
      take(work, size);  // draws again
    }
    return nullptr;
  }
  const AtWork work;
  if (sampled) count_freed(old, now_ns());
  const float mean = due ? take(work, size) : 0;
  if (mean == 0) return moved;
  record(moved, size, mean);
  return moved;
}

bool forget(void* block) {
  Live old{};
  if (untrack(block, old)) {
    const AtWork work;
    const std::uint64_t start = now_ns();
    count_freed(old, start);
    count_time_of_free(start);
    return true;
  }
  return !is_early_block(block);
}

}  // namespace tidemark::agent
