#include "lib/symbolize/dwarf_entries.h"

namespace tidemark {

std::optional<std::uint64_t> number_in(Dwarf_Die* die, unsigned int attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, attribute, &found) == nullptr) return std::nullopt;
  if (dwarf_formudata(&found, &value) != 0) return std::nullopt;
  return value;
}

const char* text_in(Dwarf_Die* die, unsigned int attribute) {
  Dwarf_Attribute found;
  if (dwarf_attr_integrate(die, attribute, &found) == nullptr) return nullptr;
  return dwarf_formstring(&found);
}

std::size_t most_entries(Dwarf_Die* unit) {
  Dwarf_Off next = 0;
  std::size_t header = 0;
  const Dwarf_Off start = dwarf_dieoffset(unit);
  const bool sized = dwarf_nextcu(dwarf_cu_getdwarf(unit->cu), start - dwarf_cuoffset(unit), &next,
                                  &header, nullptr, nullptr, nullptr) == 0;
  return sized && next > start ? next - start : kMostRanges;
}

}  // namespace tidemark
