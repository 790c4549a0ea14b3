#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/inject/injector.h"
#include "lib/inject/landmarks.h"
#include "lib/inject/remote_memory.h"
#include "lib/inject/signal_frame.h"
#include "lib/inject/tracee.h"

namespace tidemark {

// What is known of the target before any of it is stopped.
struct Known {
  AddressSpace space;
  RemoteMemory memory;
  Landmarks landmarks;
  bool own_malloc = false;  // of the program itself: no place in its code is known to be safe
};

// One thread, away from its own work on an errand; it is back there when this goes.
//
//   Away away(thread, known);  away.run(errand, limit);  away.come_home();
//
// Whatever step we die at, it comes home: before it is sent anywhere there is a signal frame
// that its way leads to.
class Away {
 public:
  // REQUIRES: it is stopped at a safe place. All of these throw Error.
  Away(Tracee& thread, const Known& known);
  ~Away();
  Away(const Away&) = delete;
  Away& operator=(const Away&) = delete;

  // What the errand's function gave. An errand that is not over by `limit` is left to end by
  // itself.
  std::int64_t run(const Errand& errand, Tracee::Clock::time_point limit);

  void come_home();

 private:
  enum class Where : std::uint8_t {
    kHome,      // its registers are its own
    kOurs,      // it is stopped, and we have its registers
    kOnItsWay,  // it runs: it comes home by itself
  };

  std::uint64_t call(std::uint64_t number, const std::array<std::uint64_t, 6>& arguments);
  void go_to(Address code, Address stack) const;
  void write(Address to, std::span<const std::byte> bytes) const;
  void await(Tracee::Clock::time_point limit);
  void call_back();

  Tracee& thread_;
  const Known& known_;
  ThreadState home_;
  Address frame_ = 0;    // on its own stack
  Address mailbox_ = 0;  // below that
  Address page_ = 0;     // mapped for the errand's code
  Where where_ = Where::kHome;
};

}  // namespace tidemark
