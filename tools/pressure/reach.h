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

// The same of a PostgreSQL server, which listens before it lets anyone in: while it starts, and for
// minutes when it has to recover from a crash. `words` are what libpq takes. One that asks for
// a password takes connections.
std::string wait_until_it_serves(const std::string& words, std::chrono::milliseconds limit,
                                 const std::function<bool()>& give_up);

}  // namespace tidemark::pressure
