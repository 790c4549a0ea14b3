#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tidemark {

// The functions of a program, of a kernel or of code made at run time, by address.
//
//   add(symbol)..., settle(), find(address)...
//
// The names must outlive the table.
class SymbolTable {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  struct Symbol {
    std::uint64_t start = 0;
    std::uint64_t size = 0;  // 0: up to the next symbol
    std::string_view name;
    bool weak = false;
    bool global = false;
    bool label = false;  // set by settle(): it has no size of its own
  };

  void add(const Symbol& symbol) { symbols_.push_back(symbol); }

  // Which of several symbols with one start is kept: the one that perf would show
  // (one with a size, not weak, global, with fewer underscores before its name,
  // with the longest name), or the one added last.
  enum class Keep : std::uint8_t { kLikePerf, kLast };

  // Sorts.
  void settle(Keep keep = Keep::kLikePerf);

  // The index of the symbol that reaches over `address`; kNone when none does. A
  // label inside of a function is not looked at.
  std::size_t find(std::uint64_t address) const;

  // The symbol of that name; kNone when there is none. Looks at all of them.
  std::size_t named(std::string_view name) const;

  // The symbol that starts there; kNone when none does.
  std::size_t starting_at(std::uint64_t address) const;

  std::uint64_t start(std::size_t index) const { return symbols_[index].start; }
  std::string_view name(std::size_t index) const { return symbols_[index].name; }
  std::size_t size() const { return symbols_.size(); }

 private:
  std::vector<Symbol> symbols_;
};

}  // namespace tidemark
