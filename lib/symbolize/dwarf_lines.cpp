#include "lib/symbolize/dwarf_lines.h"

#include <dwarf.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "lib/symbolize/demangle.h"

namespace tidemark {
namespace {

// Damaged files claim anything. No real unit comes near these.
constexpr std::size_t kMostRanges = std::size_t{1} << 22;
constexpr int kDeepest = 200;

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

std::optional<std::uint64_t> number(Dwarf_Die* die, unsigned int name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

const char* text(Dwarf_Die* die, unsigned int name) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(die, name, &attribute) == nullptr) return nullptr;
  return dwarf_formstring(&attribute);
}

std::int64_t as_line(std::uint64_t line) {
  return line > std::numeric_limits<std::int32_t>::max() ? 0 : static_cast<std::int64_t>(line);
}

bool is_named_scope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_union_type;
}

// The declaration that a function or an inlined call goes back to.
Dwarf_Die declaration_of(Dwarf_Die die) {
  for (int hops = 0; hops < 8; ++hops) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr) {
      break;
    }
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    die = next;
  }
  return die;
}

// How a scope is written before "::". A lambda's class has no name, or, by older
// compilers, "<lambda(int)>".
std::string scope_text(Dwarf_Die* die, std::string_view inner) {
  const char* const name = text(die, DW_AT_name);
  const int tag = dwarf_tag(die);
  if (name != nullptr && !std::string_view(name).starts_with("<lambda")) return name;
  if (tag == DW_TAG_namespace) return "(anonymous namespace)";
  return inner == "operator()" ? "{lambda}" : "";
}

// Sets where `die`, an inlined call, was called.
void set_call_place(Dwarf_Die* die, Dwarf_Files* files, Frame& caller) {
  caller.file.clear();
  caller.line = as_line(number(die, DW_AT_call_line).value_or(0));
  const std::optional<std::uint64_t> file = number(die, DW_AT_call_file);
  if (!file || files == nullptr) return;
  const char* const path = dwarf_filesrc(files, *file, nullptr, nullptr);
  if (path != nullptr) caller.file = path;
}

}  // namespace

// Lists the scopes of a unit and flattens their ranges.
class ScopeWalk {
 public:
  explicit ScopeWalk(DwarfLines::Unit& unit) : unit_(unit) {
    unit_.scopes.emplace_back();
    // A unit has fewer entries than bytes; more are a sibling that points back.
    Dwarf_Off next = 0;
    const Dwarf_Off start = dwarf_dieoffset(&unit.die);
    std::size_t header = 0;
    const bool sized =
        dwarf_nextcu(dwarf_cu_getdwarf(unit.die.cu), start - dwarf_cuoffset(&unit.die), &next,
                     &header, nullptr, nullptr, nullptr) == 0;
    left_ = sized && next > start ? next - start : kMostRanges;
    walk(&unit_.die, 0, 0);
    flatten();
  }

 private:
  struct Edge {
    std::uint64_t at = 0;
    bool opens = false;
    std::pair<int, std::size_t> scope;  // depth first, so that the deepest is the largest
  };

  void walk(Dwarf_Die* parent, std::size_t outer, int depth) {
    Dwarf_Die die;
    if (depth > kDeepest || dwarf_child(parent, &die) != 0) return;
    do {
      if (left_-- == 0) {
        left_ = 0;
        return;
      }
      visit(&die, *parent, outer, depth);
    } while (dwarf_siblingof(&die, &die) == 0);
  }

  void visit(Dwarf_Die* die, const Dwarf_Die& parent, std::size_t outer, int depth) {
    const int tag = dwarf_tag(die);
    if (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || is_named_scope(tag)) {
      unit_.parents.emplace(dwarf_dieoffset(die), parent);
    }
    switch (tag) {
      case DW_TAG_subprogram:
        return walk(die, add(die, 0, depth), depth + 1);
      case DW_TAG_inlined_subroutine:
        return walk(die, add(die, outer, depth), depth + 1);
      case DW_TAG_lexical_block:
      case DW_TAG_try_block:
      case DW_TAG_catch_block:
      case DW_TAG_namespace:
      case DW_TAG_module:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        return walk(die, outer, depth + 1);
      default:
        return;
    }
  }

  std::size_t add(Dwarf_Die* die, std::size_t outer, int depth) {
    const std::size_t index = unit_.scopes.size();
    bool anywhere = false;
    each_range(die, [&](std::uint64_t start, std::uint64_t end) {
      if (edges_.size() >= kMostRanges) return;
      anywhere = true;
      edges_.push_back({.at = start, .opens = true, .scope = {depth, index}});
      edges_.push_back({.at = end, .opens = false, .scope = {depth, index}});
    });
    if (!anywhere) return outer;
    unit_.scopes.push_back(
        {.die = *die, .outer = outer, .inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine});
    return index;
  }

  void flatten() {
    std::ranges::sort(edges_, {}, [](const Edge& e) { return std::tuple(e.at, e.opens, e.scope); });
    std::multiset<std::pair<int, std::size_t>> open;
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      if (edges_[i].opens) {
        open.insert(edges_[i].scope);
      } else {
        open.erase(open.find(edges_[i].scope));
      }
      if (i + 1 < edges_.size() && edges_[i + 1].at == edges_[i].at) continue;
      unit_.segments.push_back(
          {.start = edges_[i].at, .scope = open.empty() ? 0 : open.rbegin()->second});
    }
  }

  DwarfLines::Unit& unit_;
  std::size_t left_ = 0;
  std::vector<Edge> edges_;
};

DwarfLines::DwarfLines(const ElfFile& file)
    : dwarf_(dwarf_begin_elf(file.get(), DWARF_C_READ, nullptr)) {
  if (dwarf_ == nullptr) return;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  Dwarf_Half version = 0;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf_.get(), unit, &unit, &version, &type, &die, nullptr) == 0) {
    if (type != DW_UT_compile) continue;
    each_range(&die, [&](std::uint64_t start, std::uint64_t end) {
      if (ranges_.size() < kMostRanges) ranges_.push_back({start, end, units_.size()});
    });
    units_.push_back({.die = die});
  }
  std::ranges::stable_sort(ranges_, {}, &UnitRange::start);
}

DwarfLines::Unit* DwarfLines::unit_at(std::uint64_t address) {
  auto at = std::ranges::upper_bound(ranges_, address, {}, &UnitRange::start);
  // Ranges do not overlap, but for what the linker threw away and put at 0.
  for (int tries = 0; tries < 8 && at != ranges_.begin(); ++tries) {
    --at;
    if (address < at->end) return &units_[at->unit];
  }
  return nullptr;
}

const std::string& DwarfLines::name_of_scope(Unit& unit, Scope& scope) {
  if (scope.named) return scope.name;
  scope.named = true;
  const char* name = text(&scope.die, DW_AT_linkage_name);
  if (name == nullptr) name = text(&scope.die, DW_AT_MIPS_linkage_name);
  if (name != nullptr) {
    scope.name = demangled(name);
    return scope.name;
  }
  // gcc gives a lambda's call operator no linkage name: spell it out.
  name = text(&scope.die, DW_AT_name);
  if (name == nullptr) return scope.name;
  scope.name = name;
  Dwarf_Die die = declaration_of(scope.die);
  for (int depth = 0; depth < kDeepest; ++depth) {
    const auto parent = unit.parents.find(dwarf_dieoffset(&die));
    if (parent == unit.parents.end()) break;
    die = declaration_of(parent->second);
    const int tag = dwarf_tag(&die);
    if (tag != DW_TAG_subprogram && !is_named_scope(tag)) continue;
    const std::string outer = scope_text(&die, scope.name);
    if (!outer.empty()) scope.name = outer + "::" + scope.name;
  }
  return scope.name;
}

std::vector<Frame> DwarfLines::frames_at(std::uint64_t address) {
  Unit* const unit = unit_at(address);
  if (unit == nullptr) return {};
  if (!unit->ready) {
    unit->ready = true;
    const ScopeWalk walk(*unit);
  }
  Frame frame;
  if (Dwarf_Line* const line = dwarf_getsrc_die(&unit->die, address)) {
    const char* const path = dwarf_linesrc(line, nullptr, nullptr);
    int number = 0;
    if (path != nullptr) frame.file = path;
    if (dwarf_lineno(line, &number) == 0 && number > 0) frame.line = number;
  }
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(&unit->die, &files, &count) != 0) files = nullptr;

  const auto above = std::ranges::upper_bound(unit->segments, address, {}, &Segment::start);
  std::size_t at = above == unit->segments.begin() ? 0 : std::prev(above)->scope;
  std::vector<Frame> frames;
  for (; at != 0; at = unit->scopes[at].outer) {
    Scope& scope = unit->scopes[at];
    frame.function = name_of_scope(*unit, scope);
    frame.inlined = scope.inlined;
    frames.push_back(frame);
    if (scope.inlined) set_call_place(&scope.die, files, frame);
  }
  if (frames.empty()) frames.push_back(std::move(frame));
  // An inlined call is inside of something, also where that has no ranges.
  if (frames.back().inlined) frames.back().inlined = false;
  return frames;
}

}  // namespace tidemark
