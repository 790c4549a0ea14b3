#include "agent/modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/heap.h"

namespace tidemark::agent {
namespace {

using heap_file::Module;

constinit LoadedModule known[kMaxModules]{};
std::uint32_t known_count = 0;
std::uint32_t learning = 0;                // 1: a thread is adding a module
std::uint16_t recent[1 << 8];              // by a hash of the address: number + 1 of a module
char program_path[heap_file::kPathBytes];  // the loader has no name for it
std::uint64_t own_start = 0;
std::uint64_t own_end = 0;

std::uint64_t number_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

std::uint64_t hash_of(const char* name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (; *name != '\0'; ++name) hash = (hash ^ static_cast<unsigned char>(*name)) * 0x100000001b3;
  return hash;
}

bool find(std::uint64_t address, dl_find_object& found) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it is an address that the program runs at.
  return _dl_find_object(reinterpret_cast<void*>(address), &found) == 0;
}

void copy_path(const char* from, char* to, std::size_t size) {
  const std::size_t length = std::strlen(from);
  const std::size_t skip = length < size ? 0 : length - size + 1;
  std::memcpy(to, from + skip, length - skip + 1);
}

const char* name_of(const link_map* map) {
  return map->l_name[0] == '\0' ? program_path : map->l_name;
}

// Whether the parts of a module, whose first page is its ELF header, can be read there.
bool read_elf_header(const std::uint8_t* file, ElfW(Ehdr) & header) {
  std::memcpy(&header, file, sizeof header);
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_phoff + header.e_phnum * sizeof(ElfW(Phdr)) <= 4096;
}

// Where the code of a module lies in its file, against its addresses there.
void copy_shift(const LoadedModule& module, Module& to) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the start of a mapping that the loader made.
  const auto* file = reinterpret_cast<const std::uint8_t*>(module.start);
  ElfW(Ehdr) header;
  if (!read_elf_header(file, header)) return;
  for (std::uint32_t index = 0; index < header.e_phnum; ++index) {
    ElfW(Phdr) part;
    std::memcpy(&part, file + header.e_phoff + index * sizeof part, sizeof part);
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    to.shift = static_cast<std::int64_t>(part.p_offset - part.p_vaddr);
    return;
  }
}

// Copies the build id out of notes, when it is among them.
void copy_from_notes(const std::uint8_t* notes, std::uint64_t bytes, Module& to) {
  for (std::uint64_t at = 0; at + sizeof(ElfW(Nhdr)) <= bytes;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof note);
    const std::uint64_t name = (std::uint64_t{note.n_namesz} + 3) / 4 * 4;
    const std::uint64_t size = (std::uint64_t{note.n_descsz} + 3) / 4 * 4;
    if (at + sizeof note + name + size > bytes) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        note.n_descsz <= heap_file::kBuildIdBytes) {
      std::memcpy(to.build_id, notes + at + sizeof note + name, note.n_descsz);
      to.build_id_size = note.n_descsz;
      return;
    }
    at += sizeof note + name + size;
  }
}

void copy_build_id(const LoadedModule& module, Module& to) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the start of a mapping that the loader made.
  const auto* file = reinterpret_cast<const std::uint8_t*>(module.start);
  ElfW(Ehdr) header;
  if (!read_elf_header(file, header)) return;
  for (std::uint32_t index = 0; index < header.e_phnum && to.build_id_size == 0; ++index) {
    ElfW(Phdr) part;
    std::memcpy(&part, file + header.e_phoff + index * sizeof part, sizeof part);
    const std::uint64_t notes = module.bias + part.p_vaddr;
    if (part.p_type != PT_NOTE || notes < module.start || notes + part.p_memsz > module.end)
      continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    copy_from_notes(reinterpret_cast<const std::uint8_t*>(notes), part.p_memsz, to);
  }
}

void publish(std::uint32_t number) {
  if (heap.modules == nullptr || number >= heap.module_count) return;
  Module& to = heap.modules[number];
  const LoadedModule& module = known[number];
  if (module.start == 0) return;  // gone before there was a file
  copy_build_id(module, to);
  copy_shift(module, to);
  to.bias = module.bias;
  to.start = module.start;
  to.end = module.end;
  to.gone_ns = 0;
  copy_path(name_of(static_cast<const link_map*>(module.link_map)), to.path, sizeof to.path);
  __atomic_store_n(&to.ready, 1U, __ATOMIC_RELEASE);
}

std::uint32_t add_module(const dl_find_object& found, bool stays) {
  if (!exchange_if(learning, 0U, 1U)) return kUnknownModule;  // the next frame there has it
  const std::uint32_t number = load(known_count);
  if (number < kMaxModules) {
    const link_map* map = found.dlfo_link_map;
    known[number] = {.start = number_of(found.dlfo_map_start),
                     .end = number_of(found.dlfo_map_end),
                     .bias = map->l_addr,
                     .unwind_table = static_cast<const std::uint8_t*>(found.dlfo_eh_frame),
                     .link_map = map,
                     .name_hash = hash_of(map->l_name),
                     .stays = stays ? 1U : 0U,
                     .ready = 1};
    publish(number);
    __atomic_store_n(&known_count, number + 1, __ATOMIC_RELEASE);
  }
  __atomic_store_n(&learning, 0U, __ATOMIC_RELEASE);
  return number < kMaxModules ? number : kUnknownModule;
}

// Whether the module that was learned is still the one at `address`. Another one at the same
// place has another name: when it has the same, both are the same file.
bool is_still_there(const LoadedModule& module, std::uint64_t address) {
  if (module.stays != 0) return true;
  dl_find_object found;
  if (!find(address, found) || found.dlfo_link_map != module.link_map) return false;
  return number_of(found.dlfo_map_start) == load(module.start) &&
         hash_of(found.dlfo_link_map->l_name) == module.name_hash;
}

void mark_gone(std::uint32_t number) {
  store(known[number].start, std::uint64_t{0});
  store(known[number].end, std::uint64_t{0});
  if (heap.modules != nullptr && number < heap.module_count)
    store(heap.modules[number].gone_ns, now_ns());
}

bool covers(std::uint32_t number, std::uint64_t address) {
  return load(known[number].start) <= address && address < load(known[number].end);
}

std::uint32_t search(std::uint64_t address) {
  std::uint16_t& hint = recent[(address >> 16) * 0x9e3779b97f4a7c15 >> 56];
  const std::uint16_t hinted = load(hint);
  if (hinted != 0 && covers(hinted - 1U, address)) return hinted - 1U;
  const std::uint32_t count = __atomic_load_n(&known_count, __ATOMIC_ACQUIRE);
  for (std::uint32_t number = 0; number < count; ++number) {
    if (!covers(number, address)) continue;
    store(hint, static_cast<std::uint16_t>(number + 1));
    return number;
  }
  return kUnknownModule;
}

int learn_one(dl_phdr_info* info, std::size_t /*size*/, void* stays) {
  for (std::uint32_t index = 0; index < info->dlpi_phnum; ++index) {
    const ElfW(Phdr)& part = info->dlpi_phdr[index];
    dl_find_object found;
    if (part.p_type != PT_LOAD || !find(info->dlpi_addr + part.p_vaddr, found)) continue;
    if (search(info->dlpi_addr + part.p_vaddr) == kUnknownModule)
      add_module(found, *static_cast<const bool*>(stays));
    break;
  }
  return 0;
}

}  // namespace

void learn_modules(bool stay) {
  if (own_end != 0) return;
  const ssize_t length = readlink("/proc/self/exe", program_path, sizeof program_path - 1);
  program_path[std::max<ssize_t>(length, 0)] = '\0';
  dl_find_object own;
  if (find(number_of(reinterpret_cast<const void*>(&learn_modules)), own)) {
    own_start = number_of(own.dlfo_map_start);
    own_end = number_of(own.dlfo_map_end);
  }
  dl_iterate_phdr(learn_one, &stay);
}

std::uint32_t module_at(std::uint64_t address) {
  const std::uint32_t number = search(address);
  if (number != kUnknownModule) {
    if (is_still_there(known[number], address)) return number;
    mark_gone(number);
  }
  dl_find_object found;
  return find(address, found) ? add_module(found, false) : kUnknownModule;
}

const LoadedModule& loaded_module(std::uint32_t number) { return known[number]; }

bool is_own_code(std::uint64_t address) { return own_start <= address && address < own_end; }

bool module_path(std::uint64_t address, char* path, std::uint64_t size) {
  dl_find_object found;
  if (!find(address, found)) return false;
  copy_path(name_of(found.dlfo_link_map), path, size);
  return true;
}

void publish_modules(heap_file::Module* section, std::uint32_t count) {
  heap.modules = section;
  heap.module_count = count;
  const std::uint32_t modules = __atomic_load_n(&known_count, __ATOMIC_ACQUIRE);
  for (std::uint32_t number = 0; number < modules; ++number) publish(number);
}

}  // namespace tidemark::agent
