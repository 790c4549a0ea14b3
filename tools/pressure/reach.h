#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "tools/pressure/engine/address.h"

namespace tidemark::pressure {

// Waits until somebody takes a connection at one of the addresses; what the last attempt
// saw when nobody did within `limit`, or `give_up` said so; empty: somebody does. A
// datagram socket is always taken at its word.
std::string wait_until_reachable(const Addresses& addresses, std::chrono::milliseconds limit,
                                 const std::function<bool()>& give_up);

}  // namespace tidemark::pressure
