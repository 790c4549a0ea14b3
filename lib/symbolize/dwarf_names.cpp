#include "lib/symbolize/dwarf_names.h"

#include <dwarf.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "lib/symbolize/demangle.h"
#include "lib/symbolize/dwarf_entries.h"

namespace tidemark {
namespace {

bool is_named_scope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_union_type;
}

// The entry that `die` goes back to by `attribute`.
bool follow(Dwarf_Die& die, unsigned int attribute) {
  Dwarf_Attribute found;
  Dwarf_Die next;
  if (dwarf_attr(&die, attribute, &found) == nullptr) return false;
  if (dwarf_formref_die(&found, &next) == nullptr) return false;
  die = next;
  return true;
}

// The declaration that a function or an inlined call goes back to.
Dwarf_Die declaration_of(Dwarf_Die die) {
  for (int hops = 0; hops < 8; ++hops) {
    if (!follow(die, DW_AT_abstract_origin) && !follow(die, DW_AT_specification)) break;
  }
  return die;
}

// How a scope is written before "::". A lambda's class has no name, or, by older
// compilers, "<lambda(int)>".
std::string scope_text(Dwarf_Die* die, std::string_view inner) {
  const char* const name = text_in(die, DW_AT_name);
  const int tag = dwarf_tag(die);
  if (name != nullptr && !std::string_view(name).starts_with("<lambda")) return name;
  if (tag == DW_TAG_namespace) return "(anonymous namespace)";
  return inner == "operator()" ? "{lambda}" : "";
}

bool is_cplusplus(Dwarf_Die* unit) {
  const int language = dwarf_srclang(unit);
  return language == DW_LANG_C_plus_plus || language == DW_LANG_C_plus_plus_03 ||
         language == DW_LANG_C_plus_plus_11 || language == DW_LANG_C_plus_plus_14;
}

}  // namespace

const std::vector<Dwarf_Die>& DwarfNames::children_of(Dwarf_Die parent) {
  const auto [entry, fresh] = children_.try_emplace(parent.addr);
  std::vector<Dwarf_Die>& children = entry->second;
  Dwarf_Die child;
  if (!fresh || dwarf_child(&parent, &child) != 0) return children;
  do {
    // Entries stand in the order of their places; a damaged file may point back.
    if (!children.empty() && child.addr <= children.back().addr) break;
    children.push_back(child);
  } while (dwarf_siblingof(&child, &child) == 0);
  return children;
}

// The innermost function, class or namespace around `die`.
bool DwarfNames::find_named_scope(const Dwarf_Die& die, const Dwarf_Die& unit, Dwarf_Die& scope) {
  bool found = false;
  Dwarf_Die at = unit;
  for (int depth = 0; depth < kDeepestEntry; ++depth) {
    const std::vector<Dwarf_Die>& children = children_of(at);
    const auto above =
        std::ranges::upper_bound(children, die.addr, std::less<>(), &Dwarf_Die::addr);
    if (above == children.begin()) return false;
    at = *std::prev(above);
    if (at.addr == die.addr) return found;
    const int tag = dwarf_tag(&at);
    if (tag == DW_TAG_subprogram || is_named_scope(tag)) {
      scope = at;
      found = true;
    }
  }
  return false;
}

// `name` with the scopes around the function before it.
std::string DwarfNames::with_scopes(std::string name, Dwarf_Die die, const Dwarf_Die& unit) {
  die = declaration_of(die);
  for (int depth = 0; depth < kDeepestEntry; ++depth) {
    Dwarf_Die scope;
    if (!find_named_scope(die, unit, scope)) break;
    die = declaration_of(scope);
    const std::string outer = scope_text(&die, name);
    if (!outer.empty()) name.insert(0, outer + "::");
  }
  return name;
}

std::string DwarfNames::made_name(Dwarf_Die& die, Dwarf_Die& unit) {
  const char* name = text_in(&die, DW_AT_linkage_name);
  if (name == nullptr) name = text_in(&die, DW_AT_MIPS_linkage_name);
  if (name != nullptr) return demangled(name);
  // gcc gives a lambda's call operator no linkage name: spell it out.
  name = text_in(&die, DW_AT_name);
  if (name == nullptr) return "";
  return is_cplusplus(&unit) ? with_scopes(name, die, unit) : name;
}

const std::string& DwarfNames::name_of(Dwarf_Die die, Dwarf_Die unit) {
  follow(die, DW_AT_abstract_origin);
  const auto [entry, fresh] = names_.try_emplace(die.addr);
  if (fresh) entry->second = made_name(die, unit);
  return entry->second;
}

}  // namespace tidemark
