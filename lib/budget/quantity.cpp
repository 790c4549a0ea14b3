#include "lib/budget/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "lib/base/numbers.h"
#include "lib/base/quantities.h"

namespace tidemark::budget {
namespace {

// The number before `end`.
std::optional<double> number_before(std::string_view text, std::string_view end) {
  if (!text.ends_with(end)) return std::nullopt;
  text.remove_suffix(end.size());
  return plain_number_in(text);
}

std::optional<double> nanoseconds_in(std::string_view text) {
  const auto duration = to_double(text) ? std::nullopt : to_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count());
}

std::optional<double> bytes_in(std::string_view text) {
  const auto bytes = to_bytes(text);
  if (!bytes) return std::nullopt;
  return static_cast<double>(*bytes);
}

// "24h", and "h", "day", "s" for one of them.
std::optional<double> period_ns_in(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords = {
      {{"second", "1s"}, {"minute", "1min"}, {"hour", "1h"}, {"day", "1d"}, {"week", "7d"}}};
  const auto* const word =
      std::ranges::find(kWords, text, &std::pair<std::string_view, std::string_view>::first);
  if (word != kWords.end()) text = word->second;
  auto found = nanoseconds_in(text);
  if (!found) found = nanoseconds_in(fmt::format("1{}", text));
  return found && *found > 0 ? found : std::nullopt;
}

// "request", "million", "1000": of how many.
std::optional<double> amount_in(std::string_view text) {
  if (text == "request") return 1;
  if (text == "thousand") return 1e3;
  if (text == "million") return 1e6;
  const auto number = to_number(text);
  return number && *number > 0 ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

// What `dividend` finds before the '/', by what `divisor` finds after it.
std::optional<double> ratio_in(std::string_view text,
                               std::optional<double> (*dividend)(std::string_view),
                               std::optional<double> (*divisor)(std::string_view)) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto above = dividend(text.substr(0, slash));
  const auto below = divisor(text.substr(slash + 1));
  if (!above || !below) return std::nullopt;
  return *above / *below;
}

std::optional<double> scaled(std::optional<double> value, double factor) {
  return value ? std::optional(*value * factor) : std::nullopt;
}

}  // namespace

std::optional<double> plain_number_in(std::string_view text) {
  const auto number = to_double(text);
  return number && *number >= 0 && *number <= 1e18 ? number : std::nullopt;
}

std::optional<double> percent_in(std::string_view text) {
  return scaled(number_before(text, "%"), 0.01);
}

std::optional<double> percentage_points_in(std::string_view text) {
  return scaled(number_before(text, "pp"), 0.01);
}

std::optional<double> value_in(Unit unit, std::string_view text) {
  constexpr double kDay = 86'400e9;
  switch (unit) {
    case Unit::kBytes:
      return bytes_in(text);
    case Unit::kBytesPerDay:
      if (text == "0") return 0;
      return scaled(ratio_in(text, bytes_in, period_ns_in), kDay);
    case Unit::kBytesPerMillion:
      if (text == "0") return 0;
      return scaled(ratio_in(text, bytes_in, amount_in), 1e6);
    case Unit::kNanoseconds:
      return nanoseconds_in(text);
    case Unit::kShare:
      return text == "0" ? std::optional(0.0) : percent_in(text);
    case Unit::kPerSecond:
      if (text.find('/') == std::string_view::npos) return plain_number_in(text);
      return scaled(ratio_in(text, plain_number_in, period_ns_in), 1e9);
    case Unit::kCount:
      return plain_number_in(text);
  }
  return std::nullopt;
}

}  // namespace tidemark::budget
