#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

// Quantities as people write them, in options and in files. Nothing for what is none, is
// negative, or does not fit.

// "250us", "500ms", "10m", "1h30m", "1.5h", "2d"; a number alone is seconds. Units are ns,
// us, ms, s, m (or min), h and d.
std::optional<std::chrono::nanoseconds> to_duration(std::string_view text);

// "4096", "64MiB", "50MB", "1.5GiB", "64k": bytes. Ki, Mi, Gi, Ti count by 1024,
// k, K, M, G, T by 1000; a B may follow.
std::optional<std::int64_t> to_bytes(std::string_view text);

// "2027-01-31": a day that there is.
std::optional<std::chrono::sys_days> to_day(std::string_view text);

// A duration in the largest units that say it exactly: "1h30m", "250ms", "0s".
std::string duration_text(std::chrono::nanoseconds duration);

// "1 GiB", "64 KiB", "1500 bytes": the largest unit that says it exactly.
std::string exact_bytes_text(std::int64_t bytes);

}  // namespace tidemark
