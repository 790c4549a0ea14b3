#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tidemark {

// A function, and the calls inlined into it, which nest: flattened to a list of
// address ranges, each with the innermost call there.
class DwarfScopes {
 public:
  struct Scope {
    Dwarf_Die die;
    std::size_t outer = kNone;
    bool inlined = false;
    const std::string* name = nullptr;  // once it was asked for
  };
  static constexpr std::size_t kNone = 0;  // scopes are numbered from 1

  // Nothing is looked into before scope_at.
  explicit DwarfScopes(const Dwarf_Die& function) : function_(function) {}

  // The number of the innermost scope at `address`, or kNone.
  std::size_t scope_at(std::uint64_t address);
  Scope& scope(std::size_t number) { return scopes_[number]; }

 private:
  friend class ScopeWalk;
  // From `start` to the next segment, `scope` is the innermost.
  struct Segment {
    std::uint64_t start = 0;
    std::size_t scope = kNone;
  };

  Dwarf_Die function_;
  std::vector<Scope> scopes_;  // the first stands for kNone
  std::vector<Segment> segments_;
};

}  // namespace tidemark
