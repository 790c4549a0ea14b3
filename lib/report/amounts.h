#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark {

// Numbers as people read them.

std::string grouped(std::int64_t number);     // "3,200"
std::string bytes_text(std::int64_t bytes);   // "3.1 KiB"; below 1 KiB exact: "100 B"
std::string exact_bytes(std::int64_t bytes);  // "3,200 B"
std::string duration_text(std::int64_t ms);   // "820 ms", "12.3 s", "4 min 05 s", "2 h 05 min"
std::string latency_text(double ns);          // "812 ns", "25.3 µs", "4.12 ms", "1.25 s"
std::string utc_text(std::int64_t ms);        // "2026-11-21 07:45:19 UTC"; 0: empty
std::string plural(std::int64_t n, std::string_view noun);  // "1 block", "3,200 blocks"

// Bytes with their standard error, in one unit: "3.1 ±0.2 MiB"; without one the
// same as bytes_text.
std::string estimate_text(std::int64_t bytes, double standard_error);

// A number with its unit, in pprof's words for units ("bytes", "nanoseconds",
// "count", ...).
std::string value_text(std::int64_t value, std::string_view unit);

}  // namespace tidemark
