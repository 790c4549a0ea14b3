#pragma once

#include <vector>

#include "lib/http/server.h"
#include "tools/leakwatch/serve/feed.h"
#include "tools/leakwatch/serve/soaks.h"

namespace tidemark::leakwatch {

// What `leakwatch serve` answers: the page, its data, the stream of events, /metrics.
// `soaks` and `feed` must outlive the routes. `viewers`: how many streams are open.
std::vector<http::Route> routes_of(Soaks& soaks, const Feed& feed,
                                   std::function<std::size_t()> viewers);

// Headers of every answer: no page of ours loads, sends or shows anything elsewhere.
std::vector<http::Header> headers_of_site();

}  // namespace tidemark::leakwatch
