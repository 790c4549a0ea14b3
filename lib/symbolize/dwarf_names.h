#pragma once

#include <elfutils/libdw.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace tidemark {

// The names of functions in debug information. Inlined calls of one function
// share its name, which is made when first asked for.
class DwarfNames {
 public:
  // The name of `die`, a function of `unit` or a call inlined there, as its
  // author wrote it; empty when it has none. Stays valid as long as this.
  const std::string& name_of(Dwarf_Die die, Dwarf_Die unit);

 private:
  std::string made_name(Dwarf_Die& die, Dwarf_Die& unit);
  std::string with_scopes(std::string name, Dwarf_Die die, const Dwarf_Die& unit);
  bool find_named_scope(const Dwarf_Die& die, const Dwarf_Die& unit, Dwarf_Die& scope);
  const std::vector<Dwarf_Die>& children_of(Dwarf_Die parent);

  // By where the entry is.
  std::unordered_map<const void*, std::string> names_;
  std::unordered_map<const void*, std::vector<Dwarf_Die>> children_;
};

}  // namespace tidemark
