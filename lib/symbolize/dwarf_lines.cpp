#include "lib/symbolize/dwarf_lines.h"

#include <dwarf.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "lib/symbolize/dwarf_entries.h"

namespace tidemark {
namespace {

std::int64_t as_line(std::uint64_t line) {
  return line > std::numeric_limits<std::int32_t>::max() ? 0 : static_cast<std::int64_t>(line);
}

// Sets where `die`, an inlined call, was called.
void set_call_place(Dwarf_Die die, Dwarf_Files* files, Frame& caller) {
  caller.file.clear();
  caller.line = as_line(number_in(&die, DW_AT_call_line).value_or(0));
  const std::optional<std::uint64_t> file = number_in(&die, DW_AT_call_file);
  if (!file || files == nullptr) return;
  const char* const path = dwarf_filesrc(files, *file, nullptr, nullptr);
  if (path != nullptr) caller.file = path;
}

}  // namespace

// Lists the functions of a unit. Those that are inside of other functions or of
// classes are rare and cost much to find: only for Depth::kAll.
class FunctionWalk {
 public:
  FunctionWalk(DwarfLines::Unit& unit, DwarfLines::Depth depth) : unit_(unit), depth_(depth) {
    unit_.listed = depth;
    unit_.functions.clear();
    unit_.ranges.clear();
    left_ = most_entries(&unit_.die);
    walk(&unit_.die, 0);
    std::ranges::stable_sort(unit_.ranges, {}, &DwarfLines::Range::start);
  }

 private:
  void walk(Dwarf_Die* parent, int depth) {
    Dwarf_Die die;
    if (depth > kDeepestEntry || dwarf_child(parent, &die) != 0) return;
    do {
      if (left_-- == 0) {
        left_ = 0;
        return;
      }
      const int tag = dwarf_tag(&die);
      if (tag == DW_TAG_subprogram) add(&die);
      if (looks_into(tag)) walk(&die, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
  }

  bool looks_into(int tag) const {
    switch (tag) {
      case DW_TAG_namespace:
      case DW_TAG_module:
        return true;
      case DW_TAG_subprogram:
      case DW_TAG_lexical_block:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        return depth_ == DwarfLines::Depth::kAll;
      default:
        return false;
    }
  }

  void add(Dwarf_Die* die) {
    bool anywhere = false;
    each_range(die, [&](std::uint64_t start, std::uint64_t end) {
      if (unit_.ranges.size() >= kMostRanges) return;
      anywhere = true;
      unit_.ranges.push_back({.start = start, .end = end, .number = unit_.functions.size()});
    });
    if (anywhere) unit_.functions.emplace_back(*die);
  }

  DwarfLines::Unit& unit_;
  DwarfLines::Depth depth_;
  std::size_t left_ = 0;
};

DwarfLines::DwarfLines(const ElfFile& file)
    : dwarf_(dwarf_begin_elf(file.get(), DWARF_C_READ, nullptr)) {
  if (dwarf_ == nullptr) return;
  std::size_t ignored = 0;
  if (dwarf_getaranges(dwarf_.get(), &aranges_, &ignored) != 0) aranges_ = nullptr;
}

// Ranges do not overlap, but for what the linker threw away and put at 0.
const DwarfLines::Range* DwarfLines::find(const std::vector<Range>& ranges, std::uint64_t address) {
  auto at = std::ranges::upper_bound(ranges, address, {}, &Range::start);
  for (int tries = 0; tries < 8 && at != ranges.begin(); ++tries) {
    --at;
    if (address < at->end) return &*at;
  }
  return nullptr;
}

DwarfLines::Unit* DwarfLines::unit_of(const Dwarf_Die& die) {
  const auto [entry, fresh] = unit_numbers_.try_emplace(die.addr, units_.size());
  if (fresh) units_.push_back(std::make_unique<Unit>(Unit{.die = die}));
  return units_[entry->second].get();
}

void DwarfLines::index_all_units() {
  indexed_ = true;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  Dwarf_Half version = 0;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf_.get(), unit, &unit, &version, &type, &die, nullptr) == 0) {
    if (type != DW_UT_compile) continue;
    const std::size_t before = ranges_.size();
    each_range(&die, [&](std::uint64_t start, std::uint64_t end) {
      if (ranges_.size() < kMostRanges) ranges_.push_back({.start = start, .end = end});
    });
    if (ranges_.size() == before) continue;
    unit_of(die);
    for (std::size_t i = before; i < ranges_.size(); ++i) {
      ranges_[i].number = unit_numbers_.at(die.addr);
    }
  }
  std::ranges::stable_sort(ranges_, {}, &Range::start);
}

DwarfLines::Unit* DwarfLines::unit_at(std::uint64_t address) {
  if (dwarf_ == nullptr) return nullptr;
  if (Dwarf_Arange* const arange = dwarf_getarange_addr(aranges_, address)) {
    Dwarf_Off offset = 0;
    Dwarf_Die die;
    if (dwarf_getarangeinfo(arange, nullptr, nullptr, &offset) == 0 &&
        dwarf_offdie(dwarf_.get(), offset, &die) != nullptr &&
        dwarf_tag(&die) == DW_TAG_compile_unit) {
      return unit_of(die);
    }
  }
  if (!indexed_) index_all_units();
  const Range* const range = find(ranges_, address);
  return range == nullptr ? nullptr : units_[range->number].get();
}

DwarfScopes* DwarfLines::function_at(Unit& unit, std::uint64_t address) {
  if (unit.listed == Depth::kNotListed) const FunctionWalk walk(unit, Depth::kOutermost);
  const Range* found = find(unit.ranges, address);
  if (found == nullptr && unit.listed != Depth::kAll) {
    const FunctionWalk walk(unit, Depth::kAll);
    found = find(unit.ranges, address);
  }
  return found == nullptr ? nullptr : &unit.functions[found->number];
}

void DwarfLines::set_line(Unit& unit, std::uint64_t address, Frame& frame) {
  Dwarf_Line* const line = dwarf_getsrc_die(&unit.die, address);
  if (line == nullptr) return;
  const char* const path = dwarf_linesrc(line, nullptr, nullptr);
  int number = 0;
  if (path != nullptr) frame.file = path;
  if (dwarf_lineno(line, &number) == 0 && number > 0) frame.line = number;
}

std::vector<Frame> DwarfLines::frames_at(std::uint64_t address) {
  Unit* const unit = unit_at(address);
  if (unit == nullptr) return {};
  Frame frame;
  set_line(*unit, address, frame);
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(&unit->die, &files, &count) != 0) files = nullptr;

  std::vector<Frame> frames;
  DwarfScopes* const function = function_at(*unit, address);
  std::size_t at = function == nullptr ? DwarfScopes::kNone : function->scope_at(address);
  while (at != DwarfScopes::kNone) {
    DwarfScopes::Scope& scope = function->scope(at);
    if (scope.name == nullptr) scope.name = &names_.name_of(scope.die, unit->die);
    frame.function = *scope.name;
    frame.inlined = scope.inlined;
    frames.push_back(frame);
    if (scope.inlined) set_call_place(scope.die, files, frame);
    at = scope.outer;
  }
  if (frames.empty()) frames.push_back(std::move(frame));
  // An inlined call is inside of something, also where that has no ranges.
  if (frames.back().inlined) frames.back().inlined = false;
  return frames;
}

}  // namespace tidemark
