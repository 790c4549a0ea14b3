#include "lib/cli/values.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"

namespace tidemark::cli {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view expected, std::string_view text) {
  throw UsageError(
      fmt::format("{}: expected {}, found {}", what, expected, tidemark::quoted(text)));
}

}  // namespace

std::chrono::milliseconds duration_of(std::string_view text, std::string_view what) {
  const auto found = to_duration(text);
  if (!found) refuse(what, "a duration such as 90s or 1h30m", text);
  return std::chrono::round<std::chrono::milliseconds>(*found);
}

std::int64_t bytes_of(std::string_view text, std::string_view what) {
  const auto found = to_bytes(text);
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
