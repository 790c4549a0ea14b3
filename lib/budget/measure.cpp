#include "lib/budget/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "lib/base/error.h"

namespace tidemark::budget {
namespace {

constexpr std::array<std::pair<Unit, std::string_view>, 7> kUnits = {{
    {Unit::kBytes, "bytes"},
    {Unit::kBytesPerDay, "bytes/day"},
    {Unit::kBytesPerMillion, "bytes/million"},
    {Unit::kNanoseconds, "ns"},
    {Unit::kShare, "share"},
    {Unit::kPerSecond, "1/second"},
    {Unit::kCount, "count"},
}};

struct Scale {
  double factor;
  std::string_view name;
};
constexpr double kKibi = 1024;
constexpr std::array kBinary = {Scale{kKibi * kKibi * kKibi * kKibi, " TiB"},
                                Scale{kKibi * kKibi * kKibi, " GiB"}, Scale{kKibi * kKibi, " MiB"},
                                Scale{kKibi, " KiB"}, Scale{1, " bytes"}};
constexpr std::array kDecimal = {Scale{1e12, " TB"}, Scale{1e9, " GB"}, Scale{1e6, " MB"},
                                 Scale{1e3, " kB"}};
constexpr std::array kTime = {Scale{1e9, " s"}, Scale{1e6, " ms"}, Scale{1e3, " us"},
                              Scale{1, " ns"}};

// "1,234.5": without exponents as far as people read numbers.
std::string number_text(double value, int digits) {
  if (std::abs(value) >= 1e15) return fmt::format("{:.{}g}", value, digits);
  if (value != 0 && std::abs(value) < 1e-4) return fmt::format("{:.{}g}", value, digits);
  const int before = value == 0 ? 1 : static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - before));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t at = point; at > first + 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

// In the largest of `scales` that is not above it, the last for what is smaller.
std::string scaled_text(double value, std::span<const Scale> scales, int digits) {
  const double size = std::abs(value);
  const auto found =
      std::ranges::find_if(scales, [&](const Scale& scale) { return size >= scale.factor; });
  const Scale& scale = found == scales.end() ? scales.back() : *found;
  return number_text(value / scale.factor, digits) + std::string(scale.name);
}

// Whether people may have written it so: "50 MB", and no "52.43 MB".
bool is_round(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales) {
    const double amount = std::abs(value) / scale.factor;
    if (amount >= 1) return amount * 10 == std::round(amount * 10) && amount < 10'000;
  }
  return false;
}

std::string bytes_text(double value, int digits) {
  if (value == 1 || value == -1) return fmt::format("{} byte", value);
  const std::span binary(kBinary);
  const bool decimal = is_round(value, kDecimal) && !is_round(value, binary.first(4));
  return scaled_text(value, decimal ? std::span<const Scale>(kDecimal) : binary, digits);
}

// A fit's rate of less than half a byte is none.
double whole_bytes(double value) { return std::abs(value) < 0.5 ? 0 : value; }

}  // namespace

std::string text_of(double value, Unit unit, int digits) {
  if (!std::isfinite(value)) return std::isnan(value) ? "no number" : "no finite number";
  switch (unit) {
    case Unit::kBytes:
      return bytes_text(value, digits);
    case Unit::kBytesPerDay:
      return bytes_text(whole_bytes(value), digits) + " in 24 h";
    case Unit::kBytesPerMillion:
      return bytes_text(whole_bytes(value), digits) + " per million";
    case Unit::kNanoseconds:
      return scaled_text(value, kTime, digits);
    case Unit::kShare:
      return number_text(100 * value, digits) + " %";
    case Unit::kPerSecond:
      return number_text(value, digits) + "/s";
    case Unit::kCount:
      return number_text(value, digits);
  }
  return "";
}

std::string_view name_of(Unit unit) {
  return std::ranges::find(kUnits, unit, &std::pair<Unit, std::string_view>::first)->second;
}

Unit unit_named(std::string_view name) {
  const auto* const found =
      std::ranges::find(kUnits, name, &std::pair<Unit, std::string_view>::second);
  if (found == kUnits.end()) throw Error(fmt::format("\"{}\": no unit of a measure", name));
  return found->first;
}

}  // namespace tidemark::budget
