#include "lib/symbolize/elf_functions.h"

#include <gelf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace tidemark {
namespace {

struct Section {
  Elf_Scn* section = nullptr;
  GElf_Shdr header{};
  std::string_view name;
};

std::vector<Section> sections_of(Elf* elf) {
  std::vector<Section> sections;
  std::size_t names = 0;
  const bool named = elf_getshdrstrndx(elf, &names) == 0;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    Section one{.section = section};
    if (gelf_getshdr(section, &one.header) == nullptr) continue;
    const char* const name = named ? elf_strptr(elf, names, one.header.sh_name) : nullptr;
    if (name != nullptr) one.name = name;
    sections.push_back(one);
  }
  return sections;
}

const Section* of_type(const std::vector<Section>& sections, GElf_Word type) {
  const auto found = std::ranges::find_if(
      sections, [type](const Section& section) { return section.header.sh_type == type; });
  return found == sections.end() ? nullptr : &*found;
}

const Section* called(const std::vector<Section>& sections, std::string_view name) {
  const auto found = std::ranges::find(sections, name, &Section::name);
  return found == sections.end() ? nullptr : &*found;
}

int entries(const Section& section) {
  if (section.header.sh_entsize == 0) return 0;
  const GElf_Xword count = section.header.sh_size / section.header.sh_entsize;
  return static_cast<int>(std::min<GElf_Xword>(count, std::numeric_limits<int>::max()));
}

bool is_code(Elf* elf, std::size_t index) {
  GElf_Shdr header;
  Elf_Scn* const section = elf_getscn(elf, index);
  return section != nullptr && gelf_getshdr(section, &header) != nullptr &&
         (header.sh_flags & SHF_EXECINSTR) != 0;
}

// Functions, and labels in code that nobody gave a type.
bool is_function(Elf* elf, const GElf_Sym& symbol) {
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0) return false;
  const int type = GELF_ST_TYPE(symbol.st_info);
  if (type == STT_FUNC || type == STT_GNU_IFUNC) return true;
  const int visibility = GELF_ST_VISIBILITY(symbol.st_other);
  return type == STT_NOTYPE && symbol.st_shndx != SHN_ABS && visibility != STV_INTERNAL &&
         visibility != STV_HIDDEN && symbol.st_shndx < SHN_LORESERVE &&
         is_code(elf, symbol.st_shndx);
}

void add_stub_section(const Section& stubs, std::uint64_t header,
                      const std::vector<std::string_view>& functions, SymbolTable& table) {
  constexpr std::uint64_t kStub = 16;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const std::uint64_t at = header + i * kStub;
    if (stubs.header.sh_size < kStub || at > stubs.header.sh_size - kStub) return;
    table.add({.start = stubs.header.sh_addr + at, .size = kStub, .name = functions[i]});
  }
}

}  // namespace

bool add_functions(const ElfFile& file, SymbolTable& table) {
  Elf* const elf = file.get();
  const std::vector<Section> sections = sections_of(elf);
  const Section* symbols = of_type(sections, SHT_SYMTAB);
  if (symbols == nullptr) symbols = of_type(sections, SHT_DYNSYM);
  if (symbols == nullptr) return false;
  Elf_Data* const data = elf_getdata(symbols->section, nullptr);
  if (data == nullptr) return false;
  for (int i = 0; i < entries(*symbols); ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) break;
    if (!is_function(elf, symbol)) continue;
    const char* const name = elf_strptr(elf, symbols->header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    table.add({.start = symbol.st_value,
               .size = symbol.st_size,
               .name = name,
               .weak = GELF_ST_BIND(symbol.st_info) == STB_WEAK,
               .global = GELF_ST_BIND(symbol.st_info) == STB_GLOBAL});
  }
  return true;
}

void add_stubs(const ElfFile& file, SymbolTable& table, std::deque<std::string>& names) {
  Elf* const elf = file.get();
  const std::vector<Section> sections = sections_of(elf);
  const Section* const symbols = of_type(sections, SHT_DYNSYM);
  const Section* const relocations = called(sections, ".rela.plt");
  if (symbols == nullptr || relocations == nullptr) return;
  Elf_Data* const symbol_data = elf_getdata(symbols->section, nullptr);
  Elf_Data* const data = elf_getdata(relocations->section, nullptr);
  if (symbol_data == nullptr || data == nullptr) return;
  std::vector<std::string_view> functions;
  for (int i = 0; i < entries(*relocations); ++i) {
    GElf_Rela relocation;
    GElf_Sym symbol;
    if (gelf_getrela(data, i, &relocation) == nullptr) break;
    const auto index = static_cast<int>(GELF_R_SYM(relocation.r_info));
    const char* name = nullptr;
    if (index != 0 && gelf_getsym(symbol_data, index, &symbol) != nullptr) {
      name = elf_strptr(elf, symbols->header.sh_link, symbol.st_name);
    }
    names.push_back(std::string(name == nullptr ? "*" : name) + "@plt");
    functions.push_back(names.back());
  }
  constexpr std::uint64_t kFirstStub = 16;  // .plt starts with what calls the linker
  if (const Section* const stubs = called(sections, ".plt")) {
    add_stub_section(*stubs, kFirstStub, functions, table);
  }
  if (const Section* const stubs = called(sections, ".plt.sec")) {
    add_stub_section(*stubs, 0, functions, table);
  }
}

}  // namespace tidemark
