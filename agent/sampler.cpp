#include "agent/sampler.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/early.h"
#include "agent/heap.h"
#include "agent/recognition.h"
#include "agent/record.h"
#include "agent/sites.h"

namespace tidemark::agent {
namespace {

using heap_file::Live;

constexpr Size kPage = 4096;

// From here on a block is never copied, nor its pages touched, only in order to be sampled:
// glibc gives it a mapping of its own, whose pages are zero and which realloc moves.
constexpr Size kLargeBlock = Size{128} << 10;

bool aligns() { return load(recogniser.preferred) != 0; }

// A sampled block, or null: when it is not taken, or there is no memory. `get` asks for it in
// the ordinary way, which `may_align` allows to be replaced by memalign.
template <class Get>
void* sample(Size alignment, Size size, Get get) {
  const AtWork work;
  const float mean = take(work, size);
  if (mean == 0) return nullptr;
  void* block = aligns() ? real.memalign(alignment > kPage ? alignment : kPage, size) : get();
  if (block != nullptr) record(block, size, mean);
  return block;
}

// The same, with errno as the real function leaves it when it is asked instead.
template <class Get>
void* sample_or(Size alignment, Size size, Get get) {
  void* block = sample(alignment, size, get);
  return block != nullptr ? block : get();
}

// A block that realloc or calloc gave, or one that free recognises in its place.
void* recognisable(void* block, Size size) {
  if (!aligns() || size >= kLargeBlock || is_aligned_like_sampled(block)) return block;
  void* aligned = real.memalign(kPage, size);
  if (aligned == nullptr) return block;
  memcpy(aligned, block, size);
  real.free(block);
  return aligned;
}

bool untrack(void* block, Live& old) {
  if (!recogniser.filter.may_hold(address_of(block)) || !heap.live.remove(address_of(block), old))
    return false;
  stop_recognising(block);
  return true;
}

void track_again(void* block, const Live& old) {
  start_recognising(block);
  if (!heap.live.insert(address_of(block), old)) stop_recognising(block);
}

void* move_early_block(const void* block, Size size) {
  void* moved = real.malloc(size);
  const Size old = early_block_size(block);
  if (moved != nullptr) memcpy(moved, block, old < size ? old : size);
  return moved;
}

}  // namespace

void* sample_malloc(Size size) {
  return sample_or(1, size, [size] { return real.malloc(size); });
}

void* sample_calloc(Size count, Size size) {
  const Size bytes = count * size;  // does not overflow: the hook looked
  {
    const AtWork work;
    const float mean = take(work, bytes);
    if (mean != 0) {
      void* block = bytes < kLargeBlock && aligns() ? real.memalign(kPage, bytes) : nullptr;
      if (block != nullptr)
        memset(block, 0, bytes);
      else
        block = real.calloc(count, size);
      if (block != nullptr) {
        record(block, bytes, mean);
        return block;
      }
    }
  }
  return real.calloc(count, size);
}

void* sample_memalign(Size alignment, Size size) {
  const auto get = [alignment, size] { return real.memalign(alignment, size); };
  return std::has_single_bit(alignment) ? sample_or(alignment, size, get) : get();
}

int sample_posix_memalign(void** block, Size alignment, Size size) {
  if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0)
    return real.posix_memalign(block, alignment, size);
  void* sampled = sample(alignment, size, [alignment, size] {
    void* got = nullptr;
    return real.posix_memalign(&got, alignment, size) == 0 ? got : nullptr;
  });
  if (sampled == nullptr) return real.posix_memalign(block, alignment, size);
  *block = sampled;
  return 0;
}

void* sample_aligned_alloc(Size alignment, Size size) {
  const auto get = [alignment, size] { return real.aligned_alloc(alignment, size); };
  return std::has_single_bit(alignment) ? sample_or(alignment, size, get) : get();
}

void* sample_valloc(Size size) {
  return sample_or(kPage, size, [size] { return real.valloc(size); });
}

void* sample_pvalloc(Size size) {
  if (size > SIZE_MAX - kPage) return real.pvalloc(size);
  const Size pages = (size + kPage - 1) / kPage * kPage;
  return sample_or(kPage, pages, [size] { return real.pvalloc(size); });
}

void* sample_new(Size alignment, Size size) {
  if (!std::has_single_bit(alignment)) return nullptr;
  return sample(alignment, size, [alignment, size] {
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
  moved = recognisable(moved, size);
  record(moved, size, mean);
  return moved;
}

bool forget(void* block) {
  Live old{};
  if (untrack(block, old)) {
    const AtWork work;
    count_freed(old, now_ns());
    return true;
  }
  return !is_early_block(block);
}

}  // namespace tidemark::agent
