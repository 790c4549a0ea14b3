#include "agent/record.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/agent.h"
#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/control.h"
#include "agent/draw.h"
#include "agent/heap.h"
#include "agent/recognition.h"
#include "agent/sites.h"
#include "agent/thread.h"

namespace tidemark::agent {

constinit thread_local Thread thread{};

namespace {

using heap_file::Live;
using heap_file::State;

void draw_next() {
  thread.mean = sampling_mean();
  thread.left = draw_gap(thread.random, thread.mean);
}

std::uint32_t thread_name_number() {
  std::uint64_t name[2] = {};
  if (prctl(PR_GET_NAME, name, 0, 0, 0) != 0 || name[0] == 0) return 0;
  for (std::uint32_t number = 0; number < heap.thread_name_count; ++number) {
    // The first eight characters claim a slot.
    auto* slot = reinterpret_cast<std::uint64_t*>(heap.thread_names[number].name);
    if (load(slot[0]) == 0 && exchange_if(slot[0], std::uint64_t{0}, name[0]))
      store(slot[1], name[1]);
    if (load(slot[0]) == name[0] && load(slot[1]) == name[1]) return number;
  }
  return 0;
}

std::uint32_t site_of_caller() {
  std::uint64_t places[kMaxDepth + 1];
  Stack stack{.places = places, .limit = config().depth};
  unwind(stack, thread.stack);
  if (load(heap.header->control.by_thread) != 0)
    places[stack.frames++] = (heap_file::kThreadName << 48) | thread_name_number();
  if (stack.cut) add(heap.header->cut_stacks, std::uint64_t{1});
  bool full = false;
  const std::uint32_t node = heap.recent_stacks.stack(heap.stacks, places, stack.frames, full);
  if (full) add(heap.header->lost_nodes, std::uint64_t{1});
  return site_of(node);
}

void notice_new_modules() {
  auto* notice = __atomic_load_n(&modules_changed, __ATOMIC_ACQUIRE);
  const bool forked = heap.header->origin == static_cast<std::uint32_t>(heap_file::Origin::kForked);
  if (notice != nullptr && !forked) notice();
}

}  // namespace

AtWork::AtWork() : saved_errno_(errno) {
  const auto here = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
  entered_ = thread.busy == 0 || thread.busy < here;
  if (entered_) thread.busy = here;
}

AtWork::~AtWork() {
  if (entered_) thread.busy = 0;
  errno = saved_errno_;
}

float take(const AtWork& work, Size size) {
  if (!work.entered()) {
    if (heap.header != nullptr) add(heap.header->lost_nested, std::uint64_t{1});
    // The slow path that was interrupted draws again.
    thread.left = thread.random == 0 ? 0 : kFarAway;
    return 0;
  }
  if (!is_file_wanted()) {
    constexpr std::uint64_t kLookAgain = 1ULL << 30;
    thread.left = is_being_asked() ? 0 : kLookAgain;
    return 0;
  }
  if (thread.random == 0) {
    thread.random = new_seed();
    thread.tid = static_cast<std::uint32_t>(syscall(SYS_gettid));
    draw_next();
    if (!is_due(size)) return 0;
  }
  const bool open = ensure_open();
  const State state = open ? read_control() : State::kBeingMade;
  const float mean = thread.mean;
  draw_next();
  return state == State::kSampling ? mean : 0;
}

void record(void* block, Size size, float mean) {
  const std::uint64_t start = now_ns();
  const Live sample{.size = size,
                    .born_ns = start,
                    .mean = mean,
                    .site = site_of_caller(),
                    .tid = thread.tid,
                    .check = 0};
  const std::uint64_t address = address_of(block);
  Live old{};
  if (maybe_sampled(block) && heap.live.remove(address, old)) {
    recognised.remove(address);  // it was freed where that is not seen
    count_freed(old, start);
  }
  if (heap.live.insert(address, sample)) {
    recognised.insert(address);
    count_allocated(sample);
  } else {
    add(heap.header->lost_live, std::uint64_t{1});
  }
  notice_new_modules();
  count_time(start);
}

}  // namespace tidemark::agent
