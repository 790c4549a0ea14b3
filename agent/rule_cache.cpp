#include "agent/rule_cache.h"

#include <cstring>

#include "agent/atomics.h"

namespace tidemark::agent {
namespace {

// A program runs through many places, whose rules are few: most functions keep the same
// registers at the same offsets. So a place is one word that holds the number of its rules, and
// a small program's places and rules fill a page each.

// A rule in 32 bits: kept, base, and an offset of 25 bits; 2 bits are for the flags.
constexpr std::int32_t kLargestOffset = 1 << 24;

struct Packed {
  std::uint32_t bits[1 + kRsp];
};
constexpr std::uint32_t kMostRules = 4096;
constinit Packed all_rules[kMostRules]{};
std::uint32_t rule_count = 0;
// Those with one hash, as a list of numbers + 1.
std::uint16_t first_like[1 << 8];
std::uint16_t next_like[kMostRules];

// A line of the cache: words of a place in 48 bits and the number of its rules + 1; 0: empty.
// A place may be in one bucket of the first page, or in one of the rest.
constexpr std::uint64_t kWords = 8;
constexpr std::uint64_t kFirstBuckets = 4096 / 64;
constexpr std::uint64_t kMoreBuckets = 1024;
struct alignas(64) Bucket {
  std::uint64_t words[kWords];
};
alignas(4096) constinit Bucket buckets[kFirstBuckets + kMoreBuckets]{};
constexpr unsigned kNumberBits = 16;
constexpr std::uint64_t kNumberMask = (1U << kNumberBits) - 1;

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

bool pack(const FrameRules& rules, Packed& packed) {
  Rule frame = rules.frame;
  if (rules.signal) {
    // A signal's frame always lies where memory says; the other value is free to say "signal".
    if (frame.kept != Kept::kAtRegister) return false;
    frame.kept = Kept::kAtFrame;
  }
  if (!pack(frame, packed.bits[0])) return false;
  for (int index = 0; index < kRsp; ++index)
    if (!pack(rules.registers[index], packed.bits[1 + index])) return false;
  return true;
}

void unpack(const Packed& packed, FrameRules& rules) {
  rules.frame = unpack(packed.bits[0]);
  for (int index = 0; index < kRsp; ++index)
    rules.registers[index] = unpack(packed.bits[1 + index]);
  // The frame's rule has no need of the stack pointer being lost: kLost marks the outermost.
  rules.signal = rules.frame.kept == Kept::kAtFrame;
  rules.outermost = rules.registers[kRip].kept == Kept::kLost;
  if (rules.signal) rules.frame.kept = Kept::kAtRegister;
}

// The number of equal rules + 1, which are kept from now on; 0: there is no room.
std::uint32_t number_of(const Packed& rules) {
  std::uint64_t hash = 0;
  for (const std::uint32_t bits : rules.bits) hash = (hash ^ bits) * 0x9e3779b97f4a7c15;
  std::uint16_t& first = first_like[hash >> 56];
  const std::uint16_t before = __atomic_load_n(&first, __ATOMIC_ACQUIRE);
  for (std::uint32_t number = before; number != 0; number = next_like[number - 1])
    if (std::memcmp(&all_rules[number - 1], &rules, sizeof rules) == 0) return number;
  if (load(rule_count) >= kMostRules) return 0;
  const std::uint32_t index = add(rule_count, 1U);
  if (index >= kMostRules) return 0;
  all_rules[index] = rules;
  next_like[index] = before;
  // When another thread came first these are just not found here again.
  exchange_if(first, before, static_cast<std::uint16_t>(index + 1));
  return index + 1;
}

// 0: it does not fit.
std::uint64_t key_of(std::uint64_t place) {
  constexpr unsigned kOffsetBits = 38;
  const std::uint64_t module = place >> 48;
  const std::uint64_t offset = place & ((1ULL << 48) - 1);
  if (offset >> kOffsetBits != 0 || module >= 1ULL << (48 - kOffsetBits)) return 0;
  return module << kOffsetBits | offset;
}

struct Places {
  Bucket* first;
  Bucket* more;
};

Places places_of(std::uint64_t key) {
  const std::uint64_t hash = key * 0x9e3779b97f4a7c15;
  return {&buckets[hash >> 32 & (kFirstBuckets - 1)],
          &buckets[kFirstBuckets + (hash >> 40 & (kMoreBuckets - 1))]};
}

// The number of the rules + 1 of a place; 0: it is not in this bucket.
std::uint64_t find_in(const Bucket& bucket, std::uint64_t key) {
  for (const std::uint64_t& word : bucket.words) {
    const std::uint64_t found = __atomic_load_n(&word, __ATOMIC_ACQUIRE);
    if (found >> kNumberBits == key) return found & kNumberMask;
  }
  return 0;
}

bool put_in(Bucket& bucket, std::uint64_t word) {
  for (std::uint64_t& slot : bucket.words)
    if (load(slot) == 0 && exchange_if(slot, std::uint64_t{0}, word)) return true;
  return false;
}

}  // namespace

bool find_rules(std::uint64_t place, FrameRules& rules) {
  const std::uint64_t key = key_of(place);
  if (key == 0) return false;
  const Places at = places_of(key);
  std::uint64_t number = find_in(*at.first, key);
  if (number == 0) number = find_in(*at.more, key);
  if (number == 0) return false;
  unpack(all_rules[number - 1], rules);
  return true;
}

void keep_rules(std::uint64_t place, const FrameRules& rules) {
  const std::uint64_t key = key_of(place);
  Packed packed{};
  if (key == 0 || !pack(rules, packed)) return;
  const std::uint64_t number = number_of(packed);
  if (number == 0) return;
  const std::uint64_t word = key << kNumberBits | number;
  const Places at = places_of(key);
  if (put_in(*at.first, word) || put_in(*at.more, word)) return;
  __atomic_store_n(&at.more->words[key % kWords], word, __ATOMIC_RELEASE);
}

}  // namespace tidemark::agent
