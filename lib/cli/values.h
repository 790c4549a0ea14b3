#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace tidemark::cli {

// What options take, read from what the user wrote. `what` is the option or the
// key, for the message: "--for: expected a duration such as 90s or 1h30m, found
// 'soon'". All throw UsageError.

// "500ms", "10m", "1h30m", "1.5h", "2d"; a number alone is seconds. Not negative.
std::chrono::milliseconds duration_of(std::string_view text, std::string_view what);

// "4096", "64MiB", "50MB", "1.5GiB", "64k": bytes. Ki, Mi, Gi, Ti count by 1024,
// k, K, M, G, T by 1000; a B may follow.
std::int64_t bytes_of(std::string_view text, std::string_view what);

// "85%" or "85": from 0 to 100.
double percent_of(std::string_view text, std::string_view what);

// A whole number from `low` to `high`.
struct Range {
  std::int64_t low = 0;
  std::int64_t high = INT64_MAX;
};
std::int64_t count_of(std::string_view text, std::string_view what, Range range = {});

}  // namespace tidemark::cli
