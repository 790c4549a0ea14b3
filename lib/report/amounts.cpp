#include "lib/report/amounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

// Values of 999.95 and more would be shown with four digits and a fraction.
std::size_t unit_of(double bytes) {
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit;
}

double in_unit(double bytes, std::size_t unit) {
  return std::ldexp(bytes, -10 * static_cast<int>(unit));
}

}  // namespace

std::string grouped(std::int64_t number) {
  const auto magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  const std::string digits = fmt::format("{}", magnitude);
  std::string text(number < 0 ? 1 : 0, '-');
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string bytes_text(std::int64_t bytes) { return estimate_text(bytes, 0); }

std::string exact_bytes(std::int64_t bytes) { return grouped(bytes) + " B"; }

std::string estimate_text(std::int64_t bytes, double standard_error) {
  const auto value = static_cast<double>(bytes);
  const std::size_t unit = unit_of(value);
  const bool exact = !(standard_error > 0) || !std::isfinite(standard_error);
  if (unit == 0) {
    if (exact) return fmt::format("{} B", bytes);
    return fmt::format("{} ±{:.0f} B", bytes, standard_error);
  }
  if (exact) return fmt::format("{:.1f} {}", in_unit(value, unit), kUnits[unit]);
  return fmt::format("{:.1f} ±{:.1f} {}", in_unit(value, unit), in_unit(standard_error, unit),
                     kUnits[unit]);
}

std::string duration_text(std::int64_t ms) {
  if (ms < 0) return fmt::format("{} ms", ms);
  const std::int64_t seconds = ms / 1000;
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(ms - ms % 100) / 1000);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {:02} h", seconds / 86400, seconds / 3600 % 24);
}

std::string latency_text(double ns) {
  constexpr std::array<std::string_view, 4> kTimes = {"ns", "µs", "ms", "s"};
  if (ns >= 60e9) return duration_text(std::llround(std::min(ns / 1e6, 9e18)));
  std::size_t unit = 0;
  for (; unit + 1 < kTimes.size() && ns >= 999.5; ++unit) ns /= 1000;
  const int digits = unit == 0 || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", ns, digits, kTimes[unit]);
}

std::string utc_text(std::int64_t ms) {
  using namespace std::chrono;
  // Years of four digits only; anything else in a file is not a time.
  if (ms <= 0 || ms >= 253'402'300'800'000) return "";
  const sys_seconds time{seconds{ms / 1000}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string plural(std::int64_t n, std::string_view noun) {
  if (n == 1) return fmt::format("1 {}", noun);
  const bool es = noun.ends_with("s");
  return fmt::format("{} {}{}", grouped(n), noun, es ? "es" : "s");
}

std::string value_text(std::int64_t value, std::string_view unit) {
  if (unit == "bytes") return bytes_text(value);
  if (unit == "nanoseconds") {
    if (std::abs(static_cast<double>(value)) < 1e6) return grouped(value) + " ns";
    return duration_text(value / 1'000'000);
  }
  if (unit == "ns") return latency_text(static_cast<double>(value));
  if (unit == "ms" || unit == "milliseconds") return duration_text(value);
  if (unit == "count" || unit.empty()) return grouped(value);
  return fmt::format("{} {}", grouped(value), unit);
}

}  // namespace tidemark
