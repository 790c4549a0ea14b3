#pragma once

#include <string>

#include "lib/load/scenario.h"

namespace tidemark::pressure {

// The first request of the scenario's mix as bytes on a connection, for clients that
// misbehave: a GET when there is one. Empty: not in plain HTTP/1.1, Redis or raw bytes.
std::string whole_request(const load::Scenario& scenario);

// The beginning of a request, which makes a server wait for the rest. Empty: of a protocol
// in which an opened connection alone makes it wait.
std::string half_request(const load::Scenario& scenario);

}  // namespace tidemark::pressure
