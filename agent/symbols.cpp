#include "agent/symbols.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>

namespace tidemark::agent {
namespace {

struct Tables {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  const std::uint32_t* gnu_hash = nullptr;
  const std::uint32_t* sysv_hash = nullptr;
};

template <class T>
const T* pointer_to(std::uint64_t address, const link_map& module) {
  // The loader has made these addresses absolute, but for the kernel's own module.
  if (address < module.l_addr) address += module.l_addr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a table that the loader uses itself.
  return reinterpret_cast<const T*>(address);
}

Tables tables_of(const link_map& module) {
  Tables tables;
  for (const ElfW(Dyn)* entry = module.l_ld; entry->d_tag != DT_NULL; ++entry) {
    const std::uint64_t address = entry->d_un.d_ptr;
    if (entry->d_tag == DT_SYMTAB) tables.symbols = pointer_to<ElfW(Sym)>(address, module);
    if (entry->d_tag == DT_STRTAB) tables.names = pointer_to<char>(address, module);
    if (entry->d_tag == DT_GNU_HASH) tables.gnu_hash = pointer_to<std::uint32_t>(address, module);
    if (entry->d_tag == DT_HASH) tables.sysv_hash = pointer_to<std::uint32_t>(address, module);
  }
  return tables;
}

bool is_function(const Tables& tables, std::uint32_t number, const char* name) {
  const ElfW(Sym)& symbol = tables.symbols[number];
  return symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
         ELF64_ST_BIND(symbol.st_info) != STB_LOCAL &&
         strcmp(tables.names + symbol.st_name, name) == 0;
}

// The number of the symbol; 0: there is none.
std::uint32_t find_by_gnu_hash(const Tables& tables, const char* name) {
  std::uint32_t hash = 5381;
  for (const char* at = name; *at != '\0'; ++at) hash = hash * 33 + static_cast<unsigned char>(*at);
  const std::uint32_t* table = tables.gnu_hash;
  const std::uint32_t buckets = table[0];
  const std::uint32_t first = table[1];
  const std::uint32_t* bucket = table + 4 + std::size_t{table[2]} * 2;
  const std::uint32_t* chain = bucket + buckets;
  if (buckets == 0) return 0;
  std::uint32_t number = bucket[hash % buckets];
  if (number < first) return 0;
  for (;; ++number) {
    const std::uint32_t found = chain[number - first];
    if ((found | 1U) == (hash | 1U) && is_function(tables, number, name)) return number;
    if ((found & 1U) != 0) return 0;
  }
}

std::uint32_t find_one_by_one(const Tables& tables, const char* name) {
  const std::uint32_t count = tables.sysv_hash[1];
  for (std::uint32_t number = 1; number < count; ++number)
    if (is_function(tables, number, name)) return number;
  return 0;
}

void* find_in(const link_map& module, const char* name) {
  const Tables tables = tables_of(module);
  if (tables.symbols == nullptr || tables.names == nullptr) return nullptr;
  std::uint32_t number = 0;
  if (tables.gnu_hash != nullptr)
    number = find_by_gnu_hash(tables, name);
  else if (tables.sysv_hash != nullptr)
    number = find_one_by_one(tables, name);
  if (number == 0) return nullptr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader put the function.
  return reinterpret_cast<void*>(module.l_addr + tables.symbols[number].st_value);
}

}  // namespace

void* find_function(const char* name, Among among) {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(&find_function), &found) != 0) return nullptr;
  const link_map* self = found.dlfo_link_map;
  const link_map* module = self;
  if (among == Among::kFollowing)
    module = self->l_next;
  else
    while (module->l_prev != nullptr) module = module->l_prev;
  for (; module != nullptr; module = module->l_next) {
    if (module == self && among != Among::kAll) continue;
    void* function = find_in(*module, name);
    if (function != nullptr) return function;
  }
  return nullptr;
}

}  // namespace tidemark::agent
