#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/http/url.h"

namespace tidemark::leakwatch {

// A number that the service itself offers: "requests=http://127.0.0.1:8080/stats#/http/requests"
// is a JSON pointer (RFC 6901) into what GET answers, "...#http_requests_total" a name
// of Prometheus' text format, with or without {labels}.
struct Metric {
  std::string name;
  http::Url url;
  std::string place;  // what stands behind the #
};

// Throws UsageError.
Metric parse_metric(std::string_view text);

// The number at the metric's place in `text`; of a Prometheus name without labels the
// sum over all its label sets. Throws Error when there is none.
double value_in(const Metric& metric, std::string_view text);

}  // namespace tidemark::leakwatch
