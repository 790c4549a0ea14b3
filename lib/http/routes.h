#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "lib/http/server.h"

namespace tidemark::http {

// What of a table of routes a request meets.
struct Match {
  const Route* route = nullptr;  // nothing: see `status`
  int status = 200;              // 404: no such path; 405: not with this method; 400: badly written
  std::vector<std::string> methods;  // that the path takes, when it is 405
};

// Finds the route of `method` and `target` ("/a/b?c=d"), and fills in what `call` says of
// the target.
Match match(std::span<const Route> routes, std::string_view method, std::string_view target,
            Call& call);

}  // namespace tidemark::http
