#include "agent/rule_cache.h"

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

// A rule in 32 bits: kept, base, and an offset of 25 bits; 2 bits are for the flags.
constexpr std::int32_t kLargestOffset = 1 << 24;
constexpr std::uint64_t kEntries = 1 << 13;
constexpr std::uint64_t kBeingWritten = 1;

// A cache line of its own.
struct alignas(64) Entry {
  std::uint64_t key;  // place + 2; 0: empty
  std::uint32_t rules[1 + kRsp];
};
constinit Entry entries[kEntries]{};

bool pack(const Rule& rule, std::uint32_t& bits) {
  if (rule.offset >= kLargestOffset || rule.offset < -kLargestOffset) return false;
  bits = static_cast<std::uint32_t>(rule.offset) << 7 | static_cast<std::uint32_t>(rule.base) << 2 |
         static_cast<std::uint32_t>(rule.kept);
  return true;
}

Rule unpack(std::uint32_t bits) {
  return {static_cast<Kept>(bits & 3U), static_cast<Register>((bits >> 2) & 7U),
          static_cast<std::int32_t>(bits) >> 7};
}

// Two entries that a place may have.
Entry* entries_of(std::uint64_t place) {
  const std::uint64_t hash = (place ^ (place >> 32)) * 0x9e3779b97f4a7c15 >> 32;
  return &entries[hash % (kEntries / 2) * 2];
}

}  // namespace

bool find_rules(std::uint64_t place, FrameRules& rules) {
  Entry* pair = entries_of(place);
  for (const Entry* entry = pair; entry < pair + 2; ++entry) {
    if (__atomic_load_n(&entry->key, __ATOMIC_ACQUIRE) != place + 2) continue;
    std::uint32_t bits[1 + kRsp];
    for (int index = 0; index <= kRsp; ++index) bits[index] = load(entry->rules[index]);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    // With the same key before and after it holds what belongs to the key: that never changes.
    if (load(entry->key) != place + 2) continue;
    rules.frame = unpack(bits[0]);
    for (int index = 0; index < kRsp; ++index) rules.registers[index] = unpack(bits[1 + index]);
    // The frame's rule has no need of the stack pointer being lost: kLost marks the outermost.
    rules.signal = rules.frame.kept == Kept::kAtFrame;
    rules.outermost = rules.registers[kRip].kept == Kept::kLost;
    if (rules.signal) rules.frame.kept = Kept::kAtRegister;
    return true;
  }
  return false;
}

void keep_rules(std::uint64_t place, const FrameRules& rules) {
  std::uint32_t bits[1 + kRsp];
  Rule frame = rules.frame;
  if (rules.signal) {
    // A signal's frame always lies where memory says; the other value is free to say "signal".
    if (frame.kept != Kept::kAtRegister) return;
    frame.kept = Kept::kAtFrame;
  }
  if (!pack(frame, bits[0])) return;
  for (int index = 0; index < kRsp; ++index)
    if (!pack(rules.registers[index], bits[1 + index])) return;
  Entry* pair = entries_of(place);
  Entry& entry =
      pair[load(pair[0].key) == 0 || (load(pair[1].key) != 0 && (place & 1U) != 0) ? 0 : 1];
  const std::uint64_t old = load(entry.key);
  if (old == kBeingWritten || !exchange_if(entry.key, old, kBeingWritten)) return;
  for (int index = 0; index <= kRsp; ++index) store(entry.rules[index], bits[index]);
  __atomic_store_n(&entry.key, place + 2, __ATOMIC_RELEASE);
}

}  // namespace tidemark::agent
