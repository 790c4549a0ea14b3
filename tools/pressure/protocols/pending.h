#pragma once

#include <cassert>
#include <cstddef>
#include <vector>

#include "tools/pressure/engine/call.h"

namespace tidemark::pressure {

// The calls that wait for their answers on one connection, in the order in which they
// were made. REQUIRES: no more than `room` at a time.
class Pending {
 public:
  struct Waiting {
    Call call;
    Time since = 0;  // when it was made
  };

  explicit Pending(std::size_t room) : ring_(room == 0 ? 1 : room) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t room() const { return ring_.size() - size_; }

  void push(const Waiting& waiting) {
    assert(room() > 0);
    ring_[(first_ + size_++) % ring_.size()] = waiting;
  }
  const Waiting& front() const { return ring_[first_]; }
  Waiting pop() {
    assert(!empty());
    const Waiting waiting = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --size_;
    return waiting;
  }

  // Ends all that wait: those that waited for `timeout` as kTimeout, the others with
  // `failure`. What `finished` begins meanwhile is not touched.
  void fail_all(load::Failure failure, Time now, Time timeout, const Finished& finished) {
    std::vector<Waiting> ended;
    while (!empty()) ended.push_back(pop());
    for (const Waiting& one : ended) {
      const bool late = now - one.since >= timeout;
      finished(one.call.ticket, {.failure = late ? load::Failure::kTimeout : failure, .done = now});
    }
  }

 private:
  std::vector<Waiting> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tidemark::pressure
