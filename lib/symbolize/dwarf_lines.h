#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/model/frame.h"
#include "lib/symbolize/elf_file.h"

namespace tidemark {

// Functions, lines and inlined calls of one file with DWARF debug information.
//
// Compilation units are looked into when an address of theirs is first asked
// for: a unit's functions and inlined calls, which nest, are flattened to a
// list of address ranges, each with the innermost scope there, so that a query
// is a binary search.
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
  // A function, or a call inlined into the scope `outer`.
  struct Scope {
    Dwarf_Die die;
    std::size_t outer = 0;
    bool inlined = false;
    bool named = false;
    std::string name;
  };
  // From `start` to the next segment, `scope` is the innermost.
  struct Segment {
    std::uint64_t start = 0;
    std::size_t scope = 0;
  };
  struct Unit {
    Dwarf_Die die;
    bool ready = false;
    std::vector<Scope> scopes;  // the first stands for "no scope"
    std::vector<Segment> segments;
    std::unordered_map<Dwarf_Off, Dwarf_Die> parents;  // of functions, classes and namespaces
  };
  struct UnitRange {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::size_t unit = 0;
  };
  friend class ScopeWalk;

  Unit* unit_at(std::uint64_t address);
  static void read(Unit& unit);
  static const std::string& name_of_scope(Unit& unit, Scope& scope);

  std::unique_ptr<Dwarf, Closer> dwarf_;
  std::vector<Unit> units_;
  std::vector<UnitRange> ranges_;
};

}  // namespace tidemark
