#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/frame.h"

namespace tidemark {

// What kind of trouble a finding is, whichever tool found it.
enum class FindingKind : std::uint8_t {
  kDefiniteLeak,   // nothing points to the block
  kIndirectLeak,   // only leaked blocks point to it
  kPossibleLeak,   // only inner pointers point to it
  kReachable,      // still pointed to at the end: not a leak, may be growth
  kInUse,          // in use when a heap profile was taken: who holds memory, not a leak
  kGrowth,         // in use more and more from one snapshot to the next
  kInvalidAccess,  // read or write outside a live block
  kUninitialised,  // decided or used a value that nobody wrote
  kBadFree,        // freed twice, not at all allocated, or with the wrong function
  kBadCall,        // overlapping memcpy, wrong system call argument, fishy size
  kFatal,          // died of it: a signal, an abort
  kRace,           // two accesses to the same place without an order
  kLockOrder,      // locks taken in two orders
  kLockMisuse,     // unlocked by another thread, destroyed while held, ...
  kOther,
};

// "definite leak", "data race", ...: for people. And one word for files:
// "definite_leak", "race", ....
std::string_view name_of(FindingKind kind);
std::string_view code_of(FindingKind kind);

// A kind of unfreed block, memory in use, or growth.
bool is_leak(FindingKind kind);

// A call stack, innermost frame first. It does not change once made, so copies
// share it, and stacks may share frames: a hundred thousand findings with the
// same few thousand frames stay small.
class CallStack {
 public:
  using Shared = std::shared_ptr<const Frame>;

  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = Frame;
    using difference_type = std::ptrdiff_t;
    using pointer = const Frame*;
    using reference = const Frame&;

    Iterator() = default;
    explicit Iterator(const Shared* at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return at_->get(); }
    reference operator[](difference_type n) const { return *at_[n]; }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return Iterator(at_++); }
    Iterator& operator--() { return --at_, *this; }
    Iterator operator--(int) { return Iterator(at_--); }
    Iterator& operator+=(difference_type n) { return at_ += n, *this; }
    Iterator& operator-=(difference_type n) { return at_ -= n, *this; }
    friend Iterator operator+(Iterator i, difference_type n) { return i += n; }
    friend Iterator operator+(difference_type n, Iterator i) { return i += n; }
    friend Iterator operator-(Iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(Iterator a, Iterator b) { return a.at_ - b.at_; }
    friend auto operator<=>(const Iterator&, const Iterator&) = default;

   private:
    const Shared* at_ = nullptr;
  };

  CallStack() = default;
  CallStack(std::vector<Frame> frames);  // NOLINT(google-explicit-constructor)
  CallStack(std::initializer_list<Frame> frames) : CallStack(std::vector<Frame>(frames)) {}
  // Shares the frames. REQUIRES: none is null.
  explicit CallStack(std::vector<Shared> frames);

  bool empty() const { return size() == 0; }
  std::size_t size() const { return frames_ == nullptr ? 0 : frames_->size(); }
  const Frame& operator[](std::size_t i) const { return *(*frames_)[i]; }
  Iterator begin() const { return Iterator(frames_ == nullptr ? nullptr : frames_->data()); }
  Iterator end() const { return begin() + static_cast<std::ptrdiff_t>(size()); }

  friend bool operator==(const CallStack& a, const CallStack& b);

 private:
  std::shared_ptr<const std::vector<Shared>> frames_;
};

// A call stack with what it shows: "", "Address 0x1 is 0 bytes after a block of
// size 10 alloc'd", "Uninitialised value was created by a heap allocation".
struct LabelledStack {
  std::string label;
  CallStack frames;

  friend bool operator==(const LabelledStack&, const LabelledStack&) = default;
};

// Something to fix.
struct Finding {
  FindingKind kind = FindingKind::kOther;
  std::string code;        // the producer's own name for it: "Leak_DefinitelyLost"
  std::string message;     // in the producer's words, one line
  std::int64_t bytes = 0;  // leaks: all bytes, those held by it included
  std::int64_t blocks = 0;
  std::int64_t indirect_bytes = 0;  // the part of `bytes` that is held indirectly
  std::int64_t indirect_blocks = 0;
  double bytes_error = 0;             // standard error of `bytes`; 0: exact
  std::int64_t count = 1;             // how often it happened
  std::int64_t pid = 0;               // 0: not known
  std::string thread;                 // "1", "2 worker"; empty: not known
  std::vector<LabelledStack> stacks;  // the first is where it happened or was allocated
  std::string suppression;            // ready for the producer's suppression file
  std::string fingerprint;            // by analyze; equal for the same trouble in two runs

  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace tidemark
