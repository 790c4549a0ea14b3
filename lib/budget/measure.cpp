#include "lib/budget/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

}  // namespace

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
