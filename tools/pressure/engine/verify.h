#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/load/failure.h"
#include "lib/load/scenario.h"

namespace tidemark::pressure {

// An HTTP answer as expectations and captures see it.
struct HttpAnswer {
  int status = 0;
  std::string_view body;  // what needs_body() asked for
  std::function<std::string_view(std::string_view name)> header = {};
};

// Whether the answer's body, or its headers, must be kept for verify().
bool needs_body(const load::Request& request);
bool needs_headers(const load::Request& request);

// Whether the answer is what `request` expects; without an expectation, HTTP wants a status
// below 400 and JSON-RPC no "error". When it is, what `request` captures goes into
// `values`; what is not there is kExpectation, since later requests would ask for nothing.
load::Failure verify(const load::Request& request, const HttpAnswer& answer, load::Values* values);

}  // namespace tidemark::pressure
