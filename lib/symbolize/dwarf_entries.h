#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tidemark {

// Damaged files claim anything. No real unit or function comes near these.
constexpr std::size_t kMostRanges = std::size_t{1} << 22;
constexpr int kDeepestEntry = 200;

// Calls use(start, end) for each address range of `die`.
template <typename Use>
void each_range(Dwarf_Die* die, Use&& use) {
  Dwarf_Addr base = 0;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  std::size_t left = kMostRanges;
  for (std::ptrdiff_t at = 0; left-- > 0;) {
    at = dwarf_ranges(die, at, &base, &start, &end);
    if (at <= 0) return;
    if (start < end) use(start, end);
  }
}

// The value of an attribute of `die` itself.
std::optional<std::uint64_t> number_in(Dwarf_Die* die, unsigned int attribute);

// The text of an attribute of `die`, or of the declaration that it goes back to;
// nullptr when there is none.
const char* text_in(Dwarf_Die* die, unsigned int attribute);

// How many entries a unit can have at most: it has fewer than bytes. More are a
// sibling that points back.
std::size_t most_entries(Dwarf_Die* unit);

}  // namespace tidemark
