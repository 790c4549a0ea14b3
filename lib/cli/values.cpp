#include "lib/cli/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kTimeUnits = {
    Unit{"ms", 1},   Unit{"s", 1e3},     Unit{"min", 60e3},
    Unit{"m", 60e3}, Unit{"h", 3'600e3}, Unit{"d", 86'400e3},
};

constexpr double kKibi = 1024;
constexpr std::array kSizeUnits = {
    Unit{"", 1},     Unit{"k", 1e3},
    Unit{"K", 1e3},  Unit{"Ki", kKibi},
    Unit{"M", 1e6},  Unit{"Mi", kKibi* kKibi},
    Unit{"G", 1e9},  Unit{"Gi", kKibi* kKibi* kKibi},
    Unit{"T", 1e12}, Unit{"Ti", kKibi* kKibi* kKibi* kKibi},
};

[[noreturn]] void refuse(std::string_view what, std::string_view expected, std::string_view text) {
  throw UsageError(
      fmt::format("{}: expected {}, found {}", what, expected, tidemark::quoted(text)));
}

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

// The rounded product, when it fits what a count of bytes or milliseconds may be.
std::optional<std::int64_t> whole(double value) {
  constexpr double kLargest = 9e18;
  if (!(value >= 0 && value < kLargest)) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(value));
}

std::optional<std::int64_t> milliseconds(std::string_view text) {
  if (const auto seconds = to_double(text)) return whole(*seconds * 1e3);
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

std::optional<std::int64_t> bytes(std::string_view text) {
  if (text.ends_with('B')) text.remove_suffix(1);
  const auto quantity = take_quantity(text);
  if (!quantity || !text.empty()) return std::nullopt;
  const auto unit = std::ranges::find(kSizeUnits, quantity->unit, &Unit::name);
  if (unit == kSizeUnits.end()) return std::nullopt;
  return whole(quantity->number * unit->factor);
}

}  // namespace

std::chrono::milliseconds duration_of(std::string_view text, std::string_view what) {
  const auto found = milliseconds(text);
  if (!found) refuse(what, "a duration such as 90s or 1h30m", text);
  return std::chrono::milliseconds(*found);
}

std::int64_t bytes_of(std::string_view text, std::string_view what) {
  const auto found = bytes(text);
  if (!found) refuse(what, "a size such as 64MiB or 50MB", text);
  return *found;
}

double percent_of(std::string_view text, std::string_view what) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  const auto found = to_double(number);
  if (!found || !(*found >= 0 && *found <= 100)) refuse(what, "a percentage from 0 to 100", text);
  return *found;
}

std::int64_t count_of(std::string_view text, std::string_view what, Range range) {
  const auto found = to_number(text);
  if (!found || *found < range.low || *found > range.high) {
    refuse(what,
           range.high == INT64_MAX
               ? fmt::format("a whole number of at least {}", range.low)
               : fmt::format("a whole number from {} to {}", range.low, range.high),
           text);
  }
  return *found;
}

}  // namespace tidemark::cli
