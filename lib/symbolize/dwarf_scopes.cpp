#include "lib/symbolize/dwarf_scopes.h"

#include <dwarf.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "lib/symbolize/dwarf_entries.h"

namespace tidemark {

// Lists the scopes of a function and flattens their ranges.
class ScopeWalk {
 public:
  explicit ScopeWalk(DwarfScopes& to) : to_(to) {
    Dwarf_Die unit;
    dwarf_cu_die(to.function_.cu, &unit, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    left_ = most_entries(&unit);
    to_.scopes_.emplace_back();
    walk(&to_.function_, add(&to_.function_, DwarfScopes::kNone, 0), 1);
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
    if (depth > kDeepestEntry || dwarf_child(parent, &die) != 0) return;
    do {
      if (left_-- == 0) {
        left_ = 0;
        return;
      }
      visit(&die, outer, depth);
    } while (dwarf_siblingof(&die, &die) == 0);
  }

  void visit(Dwarf_Die* die, std::size_t outer, int depth) {
    switch (dwarf_tag(die)) {
      case DW_TAG_inlined_subroutine:
        return walk(die, add(die, outer, depth), depth + 1);
      case DW_TAG_lexical_block:
      case DW_TAG_try_block:
      case DW_TAG_catch_block:
        return walk(die, outer, depth + 1);
      default:
        return;
    }
  }

  std::size_t add(Dwarf_Die* die, std::size_t outer, int depth) {
    const std::size_t index = to_.scopes_.size();
    bool anywhere = false;
    each_range(die, [&](std::uint64_t start, std::uint64_t end) {
      if (edges_.size() >= kMostRanges) return;
      anywhere = true;
      edges_.push_back({.at = start, .opens = true, .scope = {depth, index}});
      edges_.push_back({.at = end, .opens = false, .scope = {depth, index}});
    });
    if (!anywhere) return outer;
    to_.scopes_.push_back(
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
      to_.segments_.push_back({.start = edges_[i].at,
                               .scope = open.empty() ? DwarfScopes::kNone : open.rbegin()->second});
    }
  }

  DwarfScopes& to_;
  std::size_t left_ = 0;
  std::vector<Edge> edges_;
};

std::size_t DwarfScopes::scope_at(std::uint64_t address) {
  if (scopes_.empty()) const ScopeWalk walk(*this);
  const auto above = std::ranges::upper_bound(segments_, address, {}, &Segment::start);
  return above == segments_.begin() ? kNone : std::prev(above)->scope;
}

}  // namespace tidemark
