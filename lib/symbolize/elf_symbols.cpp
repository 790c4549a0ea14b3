#include "lib/symbolize/elf_symbols.h"

#include <gelf.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/symbolize/demangle.h"

namespace tidemark {

void ElfSymbols::add(const ElfFile& file) {
  for (Elf_Scn* section = elf_nextscn(file.get(), nullptr); section != nullptr;
       section = elf_nextscn(file.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) continue;
    if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) continue;
    add_table(file.get(), section, header.sh_size / header.sh_entsize);
  }
}

void ElfSymbols::add_table(Elf* elf, Elf_Scn* section, std::size_t count) {
  GElf_Shdr header;
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (data == nullptr || gelf_getshdr(section, &header) == nullptr) return;
  count = std::min<std::size_t>(count, std::numeric_limits<int>::max());
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    const int type = GELF_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) continue;
    if (symbol.st_size == 0) continue;
    const char* const name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    symbols_.push_back(
        {.start = symbol.st_value, .end = symbol.st_value + symbol.st_size, .name = name});
  }
  sorted_ = false;
}

const char* ElfSymbols::name_at(std::uint64_t address) {
  if (!sorted_) {
    std::ranges::stable_sort(symbols_, {}, &Symbol::start);
    sorted_ = true;
  }
  const auto above = std::ranges::upper_bound(symbols_, address, {}, &Symbol::start);
  if (above == symbols_.begin()) return nullptr;
  // Of several names for one start, the first in the file.
  const std::uint64_t start = std::prev(above)->start;
  const auto first = std::ranges::lower_bound(symbols_, start, {}, &Symbol::start);
  const auto reaching =
      std::find_if(first, above, [&](const Symbol& symbol) { return address < symbol.end; });
  return reaching == above ? nullptr : reaching->name;
}

ElfSymbols::Starts ElfSymbols::starts() const {
  Starts starts;
  for (const Symbol& symbol : symbols_) {
    for (std::string name : {std::string(symbol.name), demangled_name(symbol.name)}) {
      const auto [entry, fresh] = starts.try_emplace(std::move(name), symbol.start);
      if (!fresh && entry->second != symbol.start) entry->second.reset();
    }
  }
  return starts;
}

std::uint64_t ElfSymbols::end_of(std::uint64_t start) const {
  const auto found = std::ranges::find(symbols_, start, &Symbol::start);
  return found == symbols_.end() ? start : found->end;
}

}  // namespace tidemark
