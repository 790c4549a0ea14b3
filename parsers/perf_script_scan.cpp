// 32 bytes at a time with AVX2: compare with newline and ')', and mix the bytes
// into two lanes with a round of AES each, which is a good hash and costs four
// cycles for 32 bytes. The bytes behind the end are masked out, so that equal runs
// have equal hashes wherever they lie.

#include "parsers/perf_script_scan.h"

#include <cstring>
#include <string_view>

#include "lib/base/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tidemark::perf_script {
namespace {

const char* find_newline(const char* start, const char* limit) {
  const auto left = static_cast<std::size_t>(limit - start);
  return left == 0 ? nullptr : static_cast<const char*>(std::memchr(start, '\n', left));
}

Scanned hashed(const char* start, const char* end) {
  if (end == nullptr) return {};
  return {
      .end = end,
      .hash = tidemark::hash_of(std::string_view(start, static_cast<std::size_t>(end - start)))};
}

Scanned line_of_any(const char* start, const char* limit) {
  return hashed(start, find_newline(start, limit));
}

Scanned frames_of_any(const char* start, const char* limit) {
  const char* end = find_newline(start, limit);
  while (end != nullptr && end != start && end[-1] == ')') end = find_newline(end + 1, limit);
  return hashed(start, end);
}

constexpr Scanner kPortable = {.line = line_of_any, .frames = frames_of_any};

#if defined(__x86_64__)

enum class Until : std::uint8_t { kNewline, kOddNewline };

constexpr std::size_t kStep = 32;

// 32 bytes of ones, then of zeros: at 32 - n starts a mask of n bytes.
alignas(64) constexpr unsigned char kMask[2 * kStep] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

struct Lanes {
  __m128i low;
  __m128i high;
};

__attribute__((target("avx2,aes"), always_inline)) inline void mix(Lanes& lanes, __m256i bytes) {
  lanes.low = _mm_aesenc_si128(lanes.low, _mm256_castsi256_si128(bytes));
  lanes.high = _mm_aesenc_si128(lanes.high, _mm256_extracti128_si256(bytes, 1));
}

__attribute__((target("avx2,aes"), always_inline)) inline std::uint64_t finish(const Lanes& lanes,
                                                                               std::size_t length) {
  __m128i all = _mm_aesenc_si128(lanes.low, lanes.high);
  all = _mm_aesenc_si128(all, _mm_set1_epi64x(static_cast<long long>(length)));
  all = _mm_aesenc_si128(all, _mm_set1_epi64x(0x2545F4914F6CDD1D));
  all = _mm_aesenc_si128(all, all);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(all));
}

// Which of the 32 bytes end the run, as bits. `carry`: the byte before is a ')'.
template <Until kUntil>
__attribute__((target("avx2,aes"), always_inline)) inline std::uint32_t ends(__m256i bytes,
                                                                             std::uint32_t& carry) {
  const auto bits = [&](char c) __attribute__((target("avx2,aes"), always_inline)) {
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c))));
  };
  const std::uint32_t newlines = bits('\n');
  if constexpr (kUntil == Until::kNewline) return newlines;
  const std::uint32_t closing = bits(')');
  const std::uint32_t odd = newlines & ~(closing << 1U | carry);
  carry = closing >> 31U;
  return odd;
}

template <Until kUntil>
__attribute__((target("avx2,aes"))) Scanned scan(const char* const start, const char* limit) {
  Lanes lanes = {.low = _mm_set_epi64x(0x243F6A8885A308D3, 0x13198A2E03707344),
                 .high = _mm_set_epi64x(0x452821E638D01377, 0x3F84D5B5B5470917)};
  std::uint32_t carry = 0;
  const char* at = start;
  alignas(kStep) char rest[kStep] = {};
  while (true) {
    const auto left = static_cast<std::size_t>(limit - at);
    if (left == 0) return {};
    const char* from = at;
    if (left < kStep) {
      std::memcpy(rest, at, left);
      from = rest;
    }
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const std::uint32_t found = ends<kUntil>(bytes, carry);
    if (found != 0) {
      const auto length = static_cast<std::size_t>(__builtin_ctz(found));
      const auto* const mask = reinterpret_cast<const __m256i*>(kMask + kStep - length);
      mix(lanes, _mm256_and_si256(bytes, _mm256_loadu_si256(mask)));
      const char* const end = at + length;
      return {.end = end, .hash = finish(lanes, static_cast<std::size_t>(end - start))};
    }
    if (left < kStep) return {};
    mix(lanes, bytes);
    at += kStep;
  }
}

constexpr Scanner kAvx2 = {.line = scan<Until::kNewline>, .frames = scan<Until::kOddNewline>};

const Scanner& chosen() {
  // NOLINTNEXTLINE(readability-implicit-bool-conversion): int to gcc, bool to clang
  const bool fits = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("aes");
  return fits ? kAvx2 : kPortable;
}

#else

const Scanner& chosen() { return kPortable; }

#endif

}  // namespace

const Scanner& scanner() {
  static const Scanner& best = chosen();
  return best;
}

const Scanner& portable_scanner() { return kPortable; }

}  // namespace tidemark::perf_script
