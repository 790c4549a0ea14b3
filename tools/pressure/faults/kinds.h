#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tools/pressure/faults/ground.h"
#include "tools/pressure/faults/order.h"

namespace tidemark::pressure {

// Takes a fault back; what went wrong, for people, or nothing. Called once. Does not throw.
using TakeBack = std::function<std::string()>;

// One kind of fault. To add one, define it in a file of this directory, list it in
// kinds.cpp and in the grammar of order.cpp and lib/load.
struct FaultKind {
  std::string_view name;

  // Why `order` cannot be done on this machine, by this user, for this scenario; empty: it
  // can. Tries what can be tried without disturbing anybody. Does not throw.
  std::string (*cannot)(const load::Scenario& scenario, const Order& order);

  // Begins it. Whatever it does is owed to ground.custodian before it is done, so that it
  // is taken back also when we are killed. Throws Error when it turns out not to work.
  TakeBack (*begin)(Ground& ground, const Order& order);
};

extern const FaultKind kPauseFault;
extern const FaultKind kKillFault;
extern const FaultKind kConnectionsFault;
extern const FaultKind kResetFault;
extern const FaultKind kSlowReadersFault;
extern const FaultKind kHalfOpenFault;
extern const FaultKind kMemoryFault;
extern const FaultKind kCpuFault;
extern const FaultKind kDiskFault;
extern const FaultKind kDescriptorsFault;
extern const FaultKind kDiskFullFault;
extern const FaultKind kDelayFault;
extern const FaultKind kLossFault;
extern const FaultKind kDnsFault;

std::span<const FaultKind* const> fault_kinds();

// Throws UsageError.
const FaultKind& fault_kind(std::string_view name);

// Whether we have a capability (CAP_SYS_ADMIN, ...) of the kernel.
bool may(int capability);

}  // namespace tidemark::pressure
