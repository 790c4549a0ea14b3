#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/load/failure.h"
#include "lib/load/scenario.h"

namespace tidemark::pressure {

// An answer as expectations and captures look at it, where it is not HTTP.
struct Reply {
  std::optional<int> number;  // what `status` is compared with: rows of SQL
  std::string_view text;      // what `contains` looks into
  // What stands at a pointer such as "/0/1"; nothing: no such place.
  std::function<std::optional<std::string>(std::string_view pointer)> at;
};

// Whether anything of `request` has to look into its answer.
bool looks_inside(const load::Request& request);

// kNone or kExpectation. Takes the captures of `request` out of an answer that is what
// was expected; what is not there is kExpectation, since later requests would ask for nothing.
load::Failure check_reply(const load::Request& request, const Reply& reply, load::Values& values);

// The parts of "/0/name", where "~1" stands for "/" and "~0" for "~" (RFC 6901).
std::vector<std::string> parts_of(std::string_view pointer);

}  // namespace tidemark::pressure
