#include "lib/inject/injector.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "lib/inject/away.h"
#include "lib/inject/safe_place.h"
#include "lib/inject/tracee.h"
#include "lib/inject/urgency.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

using Clock = Tracee::Clock;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kLookAgain{10};   // at a thread that makes no system call
constexpr int kLooksBeforeAnywhere = 8;  // at ends of system calls, before other places will do
constexpr std::size_t kMostThreads = 16;
constexpr milliseconds kAtLeast{200};  // for one thread

Known look_at(pid_t pid) {
  AddressSpace space = AddressSpace::of(pid);
  RemoteMemory memory = RemoteMemory::of(pid);
  const Landmarks landmarks = find_landmarks(space, memory);
  std::error_code failed;
  const std::filesystem::path program =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), failed);
  const bool own_malloc = find_symbol(space, memory, program.filename().string(), "malloc") != 0;
  return {.space = std::move(space),
          .memory = std::move(memory),
          .landmarks = landmarks,
          .own_malloc = own_malloc};
}

// How long a thread was ready to run, but had no processor, in all its life.
microseconds queued_so_far(pid_t pid, pid_t tid) {
  const auto text = read_kernel_file(fmt::format("/proc/{}/task/{}/schedstat", pid, tid));
  const std::vector<std::string_view> parts =
      text ? fields(*text) : std::vector<std::string_view>{};
  const std::uint64_t ns = parts.size() < 2 ? 0 : to_unsigned(parts[1]).value_or(0);
  return duration_cast<microseconds>(std::chrono::nanoseconds(ns));
}

// Waits until a thread is at a place where it can be sent away.
class Search {
 public:
  Search(Tracee& thread, const Known& known) : thread_(thread), known_(known) {}

  // Since when it stands still there; nothing when `limit` came first.
  std::optional<Clock::time_point> run(Clock::time_point limit) {
    since_ = Clock::now();
    thread_.interrupt();
    for (;;) {
      const Tracee::Stop stop = thread_.wait(std::min(limit, Clock::now() + kLookAgain));
      if (stop == Tracee::Stop::kGone) throw Error("the thread ended");
      if (stop != Tracee::Stop::kNothing && is_safe(stop)) return since_;
      if (Clock::now() >= limit) return std::nullopt;
      since_ = Clock::now();
      if (stop == Tracee::Stop::kNothing) {
        thread_.interrupt();
      } else {
        thread_.go_on(Tracee::Until::kSyscall);
      }
    }
  }

  std::string_view why_not() const { return why_not_; }

 private:
  bool is_safe(Tracee::Stop stop) {
    if (stop == Tracee::Stop::kSignal) return false;
    if (stop == Tracee::Stop::kSyscall) {
      since_ = Clock::now();
      if (!thread_.at_syscall_exit()) return false;
    }
    const user_regs_struct registers = thread_.registers();
    // The kernel will stop it once more before it begins the call again.
    if (stop == Tracee::Stop::kSyscall && will_begin_again(registers)) return false;
    const Spot spot{.registers = registers,
                    .blocked_signals = thread_.blocked_signals(),
                    .space = known_.space,
                    .memory = known_.memory,
                    .restorer = known_.landmarks.restorer};
    Place place = place_after_call(spot);
    if (stop == Tracee::Stop::kInterrupted && !place.safe && ++looks_ > kLooksBeforeAnywhere &&
        !known_.own_malloc) {
      place = place_in_code(spot);
    }
    why_not_ = place.why_not;
    return place.safe;
  }

  Tracee& thread_;
  const Known& known_;
  Clock::time_point since_;
  int looks_ = 0;
  std::string_view why_not_ = "it did not stop";
};

}  // namespace

Visit send_errand(pid_t pid, const Errand& errand, const ErrandLimits& limits) {
  const Known known = look_at(pid);
  std::vector<pid_t> threads = threads_by_idleness(pid);
  threads.resize(std::min(threads.size(), kMostThreads));
  const Clock::time_point begin = Clock::now();
  const auto share =
      std::max(kAtLeast, limits.seek / static_cast<int>(std::max<std::size_t>(threads.size(), 1)));
  std::string why = "it has no thread";
  const Urgency urgency;
  for (const pid_t tid : threads) {
    std::optional<Tracee> thread = Tracee::seize(tid);
    if (!thread) {
      why = errno_error(fmt::format("thread {}", tid)).what();
      continue;
    }
    Search search(*thread, known);
    const std::optional<Clock::time_point> since = search.run(Clock::now() + share);
    if (!since) {
      why = fmt::format("thread {}: {}", tid, search.why_not());
      continue;
    }
    Visit visit{.thread = tid, .sought = duration_cast<microseconds>(*since - begin)};
    const microseconds queued = queued_so_far(pid, tid);
    Away away(*thread, known);
    visit.result = away.run(errand, Clock::now() + limits.run);
    away.come_home();
    thread->let_go();
    visit.stopped = duration_cast<microseconds>(Clock::now() - *since);
    visit.queued = std::min(visit.stopped, queued_so_far(pid, tid) - queued);
    return visit;
  }
  throw Error(fmt::format("no thread of process {} came to a place where it can load a library "
                          "within {} ms; {}",
                          pid, limits.seek.count(), why),
              "try again");
}

bool has_library(pid_t pid, std::string_view file_name) {
  return AddressSpace::of(pid).module(file_name) != nullptr;
}

}  // namespace tidemark
