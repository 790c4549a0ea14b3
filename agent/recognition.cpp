#include "agent/recognition.h"

#include "agent/atomics.h"

namespace tidemark::agent {

constinit Recogniser recogniser{
    .mask = kAlignedMask, .preferred = kAlignedMask, .unaligned = 0, .filter = {}};

void start_recognising(const void* block) {
  recogniser.filter.insert(address_of(block));
  if (is_aligned_like_sampled(block)) return;
  add(recogniser.unaligned, std::uint64_t{1});
  __atomic_store_n(&recogniser.mask, std::uint64_t{0}, __ATOMIC_SEQ_CST);
}

void stop_recognising(const void* block) {
  recogniser.filter.remove(address_of(block));
  if (is_aligned_like_sampled(block)) return;
  if (__atomic_sub_fetch(&recogniser.unaligned, 1, __ATOMIC_SEQ_CST) != 0) return;
  __atomic_store_n(&recogniser.mask, recogniser.preferred, __ATOMIC_SEQ_CST);
  // Another thread may have added one between the two.
  if (__atomic_load_n(&recogniser.unaligned, __ATOMIC_SEQ_CST) != 0)
    __atomic_store_n(&recogniser.mask, std::uint64_t{0}, __ATOMIC_SEQ_CST);
}

}  // namespace tidemark::agent
