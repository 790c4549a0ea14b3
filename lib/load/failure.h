#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidemark::load {

// Why a request has no answer that counts. Counted by kind, never thrown.
enum class Failure : std::uint8_t {
  kNone,
  kConnect,      // refused, unreachable
  kName,         // the host's name is not known
  kTls,          // no handshake, a certificate that does not hold
  kTimeout,      // no whole answer within the time-out
  kReset,        // the connection was reset
  kClosed,       // closed before the answer was whole
  kGarbage,      // not the protocol
  kTooLong,      // headers or a body without end
  kStatus,       // a status, or an error reply, that is not expected
  kExpectation,  // the answer is not what was expected
  kDescriptors,  // our own limit of open files
  kLost,         // a message or an event that never came
  kOrder,        // out of order, or twice
  kStorage,      // a file could not be written: no room, an error of the file system
};
constexpr std::size_t kFailures = 15;

// "connect", "timeout", "status": as reports and metrics name it.
std::string_view name_of(Failure failure);

using FailureCounts = std::array<std::int64_t, kFailures>;  // by Failure

}  // namespace tidemark::load
