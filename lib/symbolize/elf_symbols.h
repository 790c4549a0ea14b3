#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/symbolize/elf_file.h"

namespace tidemark {

// The function symbols of a module, by address.
class ElfSymbols {
 public:
  // Adds the symbols of `file`, which must outlive this: those of .symtab, and
  // the dynamic ones.
  void add(const ElfFile& file);

  // The symbol whose size reaches over `address`, as in the file; nullptr when
  // none does. The nearest one below says nothing in a stripped binary, where
  // it may be a megabyte away.
  const char* name_at(std::uint64_t address);

  // The start of each function by its name, as it stands in the file and as perf
  // prints it; nothing for a name that stands for several.
  using Starts = std::unordered_map<std::string, std::optional<std::uint64_t>>;
  Starts starts() const;

  // One past the last address of the function that starts at `start`; `start` when none does.
  std::uint64_t end_of(std::uint64_t start) const;

 private:
  struct Symbol {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    const char* name = nullptr;
  };

  void add_table(Elf* elf, Elf_Scn* section, std::size_t count);

  std::vector<Symbol> symbols_;
  bool sorted_ = false;
};

}  // namespace tidemark
