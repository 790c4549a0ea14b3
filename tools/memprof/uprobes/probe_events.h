#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/symbolize/stack_copy.h"

namespace tidemark::memprof {

// One call that was sampled: the thread's registers, and the top of its stack.
struct ProbeSample {
  Registers registers;
  std::string stack;
};

// A probe on one place of a file, seen by one thread: an event of the kernel's uprobe source, which
// sets a breakpoint while the event is open and takes it out when it is closed, also when that is
// because we are killed. It counts; with a period it samples.
//
// We sample through it and not by a BPF program: BPF's own stacks need frame pointers, which reach
// main in none of Debian's programs, while the stack copies of an event are unwound by DWARF; and
// sampling in BPF saves nothing, since the trap is the cost and not what is done in it.
class ProbeEvent {
 public:
  // Throws Error when the kernel refuses; errno ESRCH, the thread has ended, gives one that is not
  // open.
  static ProbeEvent open(const std::filesystem::path& file, std::uint64_t offset, pid_t thread,
                         std::uint64_t period);

  bool is_open() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }

  // Calls so far.
  std::uint64_t count() const;

  void close() { fd_.reset(); }

 private:
  Descriptor fd_;
};

// Where the samples of a thread's events come together, of fixed size. Must go before its events.
class SampleRing {
 public:
  // `bytes` is a power of two. The ring is mapped on `first`.
  SampleRing(const ProbeEvent& first, std::size_t bytes);
  SampleRing(SampleRing&& other) noexcept;
  SampleRing(const SampleRing&) = delete;
  SampleRing& operator=(const SampleRing&) = delete;
  SampleRing& operator=(SampleRing&&) = delete;
  ~SampleRing();

  // Leads another event of the same thread here.
  void take(const ProbeEvent& event) const;

  // Adds what came since to `samples`, until they are `most`; the others are lost.
  void drain(std::vector<ProbeSample>& samples, std::size_t most);

  // How many samples found no room.
  std::uint64_t lost() const { return lost_; }

 private:
  void take_record(const std::string& record, std::vector<ProbeSample>& samples, std::size_t most);

  int fd_;
  void* pages_ = nullptr;
  std::size_t bytes_;
  std::uint64_t lost_ = 0;
};

}  // namespace tidemark::memprof
