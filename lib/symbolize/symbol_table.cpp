#include "lib/symbolize/symbol_table.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr std::uint64_t kPage = 4096;

std::size_t underscores_before(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

// Whether `a` is the better name for where both start.
bool is_better(const SymbolTable::Symbol& a, const SymbolTable::Symbol& b) {
  if ((a.size == 0) != (b.size == 0)) return b.size == 0;
  if (a.weak != b.weak) return b.weak;
  if (a.global != b.global) return a.global;
  const std::size_t before_a = underscores_before(a.name);
  const std::size_t before_b = underscores_before(b.name);
  if (before_a != before_b) return before_a < before_b;
  return a.name.size() > b.name.size();
}

}  // namespace

void SymbolTable::settle(Keep keep) {
  const auto by_start = [](const Symbol& a, const Symbol& b) { return a.start < b.start; };
  if (!std::is_sorted(symbols_.begin(), symbols_.end(), by_start)) {
    std::stable_sort(symbols_.begin(), symbols_.end(), by_start);
  }
  std::size_t kept = 0;
  for (const Symbol& symbol : symbols_) {
    if (kept > 0 && symbols_[kept - 1].start == symbol.start) {
      if (keep == Keep::kLast || is_better(symbol, symbols_[kept - 1])) symbols_[kept - 1] = symbol;
    } else {
      symbols_[kept++] = symbol;
    }
  }
  symbols_.resize(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    Symbol& symbol = symbols_[i];
    if (symbol.size != 0) continue;
    // The last one reaches to the end of the page after its own.
    const std::uint64_t end =
        i + 1 < kept ? symbols_[i + 1].start : (symbol.start / kPage + 2) * kPage;
    symbol.size = end - symbol.start;
    symbol.label = true;
  }
}

std::size_t SymbolTable::named(std::string_view name) const {
  const auto found = std::ranges::find(symbols_, name, &Symbol::name);
  return found == symbols_.end() ? kNone : static_cast<std::size_t>(found - symbols_.begin());
}

std::size_t SymbolTable::find(std::uint64_t address) const {
  // A function may lie inside of another one, as a second entry or as a cold part.
  constexpr std::size_t kMostInside = 16;
  const auto above = std::upper_bound(
      symbols_.begin(), symbols_.end(), address,
      [](std::uint64_t wanted, const Symbol& symbol) { return wanted < symbol.start; });
  auto at = static_cast<std::size_t>(above - symbols_.begin());
  std::size_t label = kNone;
  for (std::size_t i = 0; i < kMostInside && at > 0; ++i) {
    --at;
    if (address - symbols_[at].start >= symbols_[at].size) continue;
    if (!symbols_[at].label) return at;
    if (label == kNone) label = at;
  }
  return label;
}

std::size_t SymbolTable::starting_at(std::uint64_t address) const {
  const auto found = std::ranges::lower_bound(symbols_, address, {}, &Symbol::start);
  if (found == symbols_.end() || found->start != address) return kNone;
  return static_cast<std::size_t>(found - symbols_.begin());
}

}  // namespace tidemark
