#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/model/frame.h"
#include "lib/symbolize/dwarf_names.h"
#include "lib/symbolize/dwarf_scopes.h"
#include "lib/symbolize/elf_file.h"

namespace tidemark {

// Functions, lines and inlined calls of one file with DWARF debug information.
//
// Only what an address needs is looked into: its compilation unit (found by
// .debug_aranges, or where that has nothing, by the ranges of all units), the
// list of that unit's functions, the calls inlined into one of them, and the
// unit's lines. What was found is kept.
class DwarfLines {
 public:
  // `file` must outlive this.
  explicit DwarfLines(const ElfFile& file);

  // What runs at `address` (as the linker gave it), innermost first: inlined
  // functions, then the one that they are inlined into. `function` is empty
  // where the debug information has no name. Empty when nothing is known.
  std::vector<Frame> frames_at(std::uint64_t address);

 private:
  struct Closer {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  // Addresses of something numbered.
  struct Range {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::size_t number = 0;
  };
  enum class Depth { kNotListed, kOutermost, kAll };
  struct Unit {
    Dwarf_Die die;
    Depth listed = Depth::kNotListed;
    std::vector<DwarfScopes> functions;
    std::vector<Range> ranges;  // of functions
  };
  friend class FunctionWalk;

  static const Range* find(const std::vector<Range>& ranges, std::uint64_t address);
  Unit* unit_at(std::uint64_t address);
  Unit* unit_of(const Dwarf_Die& die);
  void index_all_units();
  static DwarfScopes* function_at(Unit& unit, std::uint64_t address);
  static void set_line(Unit& unit, std::uint64_t address, Frame& frame);

  std::unique_ptr<Dwarf, Closer> dwarf_;
  Dwarf_Aranges* aranges_ = nullptr;  // belongs to dwarf_
  bool indexed_ = false;
  std::vector<Range> ranges_;  // of units, once indexed
  std::vector<std::unique_ptr<Unit>> units_;
  std::unordered_map<const void*, std::size_t> unit_numbers_;  // by where the entry is
  DwarfNames names_;
};

}  // namespace tidemark
