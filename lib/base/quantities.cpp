#include "lib/base/quantities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kTimeUnits = {
    Unit{"ns", 1},     Unit{"us", 1e3}, Unit{"ms", 1e6},    Unit{"s", 1e9},
    Unit{"min", 60e9}, Unit{"m", 60e9}, Unit{"h", 3'600e9}, Unit{"d", 86'400e9},
};

constexpr double kKibi = 1024;
constexpr std::array kSizeUnits = {
    Unit{"", 1},     Unit{"k", 1e3},
    Unit{"K", 1e3},  Unit{"Ki", kKibi},
    Unit{"M", 1e6},  Unit{"Mi", kKibi* kKibi},
    Unit{"G", 1e9},  Unit{"Gi", kKibi* kKibi* kKibi},
    Unit{"T", 1e12}, Unit{"Ti", kKibi* kKibi* kKibi* kKibi},
};

// A number at the start of `text` and the letters after it; both are taken off.
struct Quantity {
  double number;
  std::string_view unit;
};
std::optional<Quantity> take_quantity(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> number = to_double(text.substr(0, digits));
  if (!number) return std::nullopt;
  text.remove_prefix(digits);
  const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
  const Quantity quantity{.number = *number, .unit = text.substr(0, letters)};
  text.remove_prefix(letters);
  return quantity;
}

// The rounded product, when it fits what a count of bytes or nanoseconds may be.
std::optional<std::int64_t> whole(double value) {
  constexpr double kLargest = 9e18;
  if (!(value >= 0 && value < kLargest)) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(value));
}

std::optional<std::int64_t> nanoseconds(std::string_view text) {
  if (const auto seconds = to_double(text)) return whole(*seconds * 1e9);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto quantity = take_quantity(text);
    if (!quantity) return std::nullopt;
    const auto unit = std::ranges::find(kTimeUnits, quantity->unit, &Unit::name);
    if (unit == kTimeUnits.end()) return std::nullopt;
    total += quantity->number * unit->factor;
  }
  return whole(total);
}

}  // namespace

std::optional<std::chrono::nanoseconds> to_duration(std::string_view text) {
  const auto found = nanoseconds(text);
  if (!found) return std::nullopt;
  return std::chrono::nanoseconds(*found);
}

std::optional<std::int64_t> to_bytes(std::string_view text) {
  if (text.ends_with('B')) text.remove_suffix(1);
  const auto quantity = take_quantity(text);
  if (!quantity || !text.empty()) return std::nullopt;
  const auto unit = std::ranges::find(kSizeUnits, quantity->unit, &Unit::name);
  if (unit == kSizeUnits.end()) return std::nullopt;
  return whole(quantity->number * unit->factor);
}

std::optional<std::chrono::sys_days> to_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = to_unsigned(text.substr(0, 4));
  const auto month = to_unsigned(text.substr(5, 2));
  const auto day = to_unsigned(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::string duration_text(std::chrono::nanoseconds duration) {
  struct Part {
    std::string_view name;
    std::int64_t ns;
  };
  constexpr std::array kParts = {Part{"d", 86'400'000'000'000},
                                 Part{"h", 3'600'000'000'000},
                                 Part{"m", 60'000'000'000},
                                 Part{"s", 1'000'000'000},
                                 Part{"ms", 1'000'000},
                                 Part{"us", 1'000},
                                 Part{"ns", 1}};
  std::int64_t left = duration.count();
  if (left <= 0) return "0s";
  std::string text;
  for (const Part& part : kParts) {
    // A day is said as such only where days are counted: "24h", but "3d".
    if (part.name == "d" && left < 2 * part.ns) continue;
    if (left >= part.ns) text += fmt::format("{}{}", left / part.ns, part.name);
    left %= part.ns;
  }
  return text;
}

std::string exact_bytes_text(std::int64_t bytes) {
  constexpr std::array kNames = {"TiB", "GiB", "MiB", "KiB"};
  int shift = 40;
  for (const std::string_view name : kNames) {
    const std::int64_t unit = std::int64_t{1} << shift;
    if (bytes >= unit && bytes % unit == 0) return fmt::format("{} {}", bytes / unit, name);
    shift -= 10;
  }
  return fmt::format("{} bytes", bytes);
}

}  // namespace tidemark
