#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tidemark::perf_script {

// What is known of runs of bytes that came before: found by a hash, and by
// comparing the bytes. It keeps copies of the bytes.
//
// When the copies pass `limit`, everything is forgotten: memory is bounded
// whatever the text, and what comes often is soon learnt again.
template <typename Value>
class Cache {
 public:
  explicit Cache(std::size_t limit) : limit_(limit), slots_(kSmallest) {}

  // For a caller of find() some steps ahead: first brings closer the way to what it
  // will compare with, then that. The latter gives the value that find() will most
  // likely find; null when there is none.
  void prefetch_way(std::uint64_t hash, std::uint32_t key) const {
    __builtin_prefetch(&slots_[place(hash ^ key * kSpread)]);
  }
  const Value* prefetch_bytes(std::uint64_t hash, std::uint32_t key) const {
    hash ^= key * kSpread;
    const Slot& slot = slots_[place(hash)];
    if (slot.hash != hash || slot.bytes == nullptr) return nullptr;
    const std::size_t most = std::min<std::size_t>(slot.length, kMostPrefetched);
    for (std::size_t i = 0; i < most; i += kCacheLine) __builtin_prefetch(slot.bytes + i);
    return &slot.value;
  }

  // What was added for these bytes under this key; null when nothing is. Valid
  // until the next add().
  const Value* find(std::uint64_t hash, std::uint32_t key, std::string_view bytes) const {
    hash ^= key * kSpread;
    for (std::size_t at = place(hash); slots_[at].bytes != nullptr; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.hash == hash && slot.key == key && slot.length == bytes.size() &&
          std::memcmp(slot.bytes, bytes.data(), bytes.size()) == 0) {
        return &slot.value;
      }
    }
    return nullptr;
  }

  // REQUIRES: find() gives nothing for these. Bytes too long to be worth it are
  // not kept; null then.
  const Value* add(std::uint64_t hash, std::uint32_t key, std::string_view bytes, Value value) {
    if (bytes.size() > kLongest) return nullptr;
    if (used_bytes_ + bytes.size() + (size_ + 1) * sizeof(Slot) * 2 > limit_) clear();
    if ((size_ + 1) * 2 > slots_.size()) grow();
    ++size_;
    hash ^= key * kSpread;
    Slot& slot = slots_[free_slot(hash)];
    slot = {.hash = hash,
            .bytes = copy(bytes),
            .length = static_cast<std::uint32_t>(bytes.size()),
            .key = key,
            .value = value};
    return &slot.value;
  }

  void clear() {
    std::vector<Slot>(kSmallest).swap(slots_);
    blocks_.clear();
    size_ = 0;
    left_ = 0;
    used_bytes_ = 0;
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  static constexpr std::size_t kMostPrefetched = 1024;
  static constexpr std::size_t kSmallest = 1024;
  static constexpr std::size_t kLongest = 1 << 16;
  static constexpr std::size_t kBlock = 1 << 20;
  static constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;

  struct alignas(32) Slot {
    std::uint64_t hash = 0;
    const char* bytes = nullptr;
    std::uint32_t length = 0;
    std::uint32_t key = 0;
    Value value{};
  };

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t place(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask(); }

  std::size_t free_slot(std::uint64_t hash) const {
    std::size_t at = place(hash);
    while (slots_[at].bytes != nullptr) at = (at + 1) & mask();
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.bytes != nullptr) slots_[free_slot(slot.hash)] = slot;
    }
  }

  const char* copy(std::string_view bytes) {
    if (left_ < bytes.size() + 1) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
      next_ = blocks_.back().get();
      left_ = kBlock;
    }
    char* const mine = next_;
    if (!bytes.empty()) std::memcpy(mine, bytes.data(), bytes.size());
    next_ += bytes.size() + 1;  // so that even no bytes have an address of their own
    left_ -= bytes.size() + 1;
    used_bytes_ += bytes.size() + 1;
    return mine;
  }

  std::size_t limit_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_bytes_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tidemark::perf_script
