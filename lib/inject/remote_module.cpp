#include "lib/inject/remote_module.h"

#include <elf.h>

#include <array>
#include <cstring>

namespace tidemark {
namespace {

constexpr std::uint16_t kMostSegments = 128;
constexpr std::uint64_t kMostEntries = 1024;    // of a dynamic section; 30 is usual
constexpr std::uint32_t kLongestChain = 65536;  // of a hash table, in a damaged one

struct Segments {
  Address bias = 0;
  Address dynamic = 0;
};

std::optional<Segments> read_segments(Address base, const RemoteMemory& memory) {
  const auto header = memory.read<Elf64_Ehdr>(base);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64) {
    return std::nullopt;
  }
  std::optional<Address> first;
  std::optional<Address> dynamic;
  for (std::uint16_t i = 0; i < std::min(header->e_phnum, kMostSegments); ++i) {
    const auto segment = memory.read<Elf64_Phdr>(base + header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return std::nullopt;
    if (segment->p_type == PT_LOAD && !first) first = segment->p_vaddr & ~Address{0xfff};
    if (segment->p_type == PT_DYNAMIC) dynamic = segment->p_vaddr;
  }
  if (!first || !dynamic) return std::nullopt;
  return Segments{.bias = base - *first, .dynamic = base - *first + *dynamic};
}

// https://flapenguin.me/elf-dt-gnu-hash
std::uint32_t gnu_hash(std::string_view name) {
  std::uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

struct HashHeader {
  std::uint32_t buckets;
  std::uint32_t first_symbol;
  std::uint32_t bloom_words;
  std::uint32_t bloom_shift;
};

}  // namespace

std::optional<RemoteModule> RemoteModule::at(Address base, const RemoteMemory& memory) {
  const std::optional<Segments> segments = read_segments(base, memory);
  if (!segments) return std::nullopt;
  const std::optional<Tables> found = tables(segments->dynamic, segments->bias, memory);
  if (!found) return std::nullopt;
  return RemoteModule(segments->bias, *found, memory);
}

std::optional<RemoteModule::Tables> RemoteModule::tables(Address dynamic, Address bias,
                                                         const RemoteMemory& memory) {
  Tables tables;
  for (std::uint64_t i = 0; i < kMostEntries; ++i) {
    const auto entry = memory.read<Elf64_Dyn>(dynamic + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) break;
    // glibc makes them absolute; what it has not come to yet is relative.
    const Address value = entry->d_un.d_ptr < bias ? entry->d_un.d_ptr + bias : entry->d_un.d_ptr;
    if (entry->d_tag == DT_SYMTAB) tables.symbols = value;
    if (entry->d_tag == DT_STRTAB) tables.strings = value;
    if (entry->d_tag == DT_GNU_HASH) tables.hash = value;
  }
  if (tables.symbols == 0 || tables.strings == 0 || tables.hash == 0) return std::nullopt;
  return tables;
}

std::optional<Address> RemoteModule::address_of(std::uint32_t symbol, std::string_view name) const {
  const auto entry = memory_->read<Elf64_Sym>(tables_.symbols + symbol * sizeof(Elf64_Sym));
  if (!entry || entry->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(entry->st_info) == STT_GNU_IFUNC) {
    return std::nullopt;
  }
  const auto text = memory_->text(tables_.strings + entry->st_name, name.size() + 1);
  if (!text || *text != name) return std::nullopt;
  return bias_ + entry->st_value;
}

std::optional<Address> RemoteModule::symbol(std::string_view name) const {
  const auto header = memory_->read<HashHeader>(tables_.hash);
  if (!header || header->buckets == 0) return std::nullopt;
  const Address buckets =
      tables_.hash + sizeof(HashHeader) + Address{header->bloom_words} * sizeof(std::uint64_t);
  const Address chains = buckets + Address{header->buckets} * sizeof(std::uint32_t);
  const std::uint32_t hash = gnu_hash(name);
  const auto first = memory_->read<std::uint32_t>(buckets + Address{hash % header->buckets} *
                                                                sizeof(std::uint32_t));
  if (!first || *first < header->first_symbol) return std::nullopt;
  for (std::uint32_t i = *first; i - *first < kLongestChain; ++i) {
    const auto link = memory_->read<std::uint32_t>(chains + Address{i - header->first_symbol} *
                                                                sizeof(std::uint32_t));
    if (!link) return std::nullopt;
    if ((*link | 1U) == (hash | 1U)) {
      if (const std::optional<Address> found = address_of(i, name)) return found;
    }
    if ((*link & 1U) != 0) break;
  }
  return std::nullopt;
}

}  // namespace tidemark
