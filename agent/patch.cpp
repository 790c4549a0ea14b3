#include "agent/patch.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <cstring>

#include "agent/atomics.h"
#include "agent/clock.h"
#include "agent/hooks.h"
#include "agent/real.h"
#include "agent/symbols.h"

namespace tidemark::agent {
namespace {

using Address = std::uint64_t;

constexpr Address kPage = 4096;
constexpr std::uint32_t kMostHooks = 64;
constexpr std::uint32_t kOfTheLoader = 4;
constexpr std::uint32_t kMostChanges = 1U << 16;
// A call of dlopen is over by then, in all but strange cases; its modules are looked for at
// each sample until then.
constexpr std::uint64_t kDlopenLasts = 2'000'000'000;

struct Change {
  Address slot;
  Address before;
  Address now;
};

// In memory of our own: malloc is what is being changed.
Change* changes = nullptr;
std::uint32_t change_count = 0;
std::uint32_t busy = 0;  // 1: a thread is at work here

std::uint64_t dlopened_ns = 0;  // when dlopen or dlmopen was called last
std::uint64_t known_adds = 0;   // how many modules the loader had ever added when we looked

// Not inlined: a function with a local whose address was taken does not end in a jump.
[[gnu::noinline]] void notice_dlopen() { store(dlopened_ns, now_ns()); }

// The functions that look at their caller: the real call is the last thing that ours do, and so
// a jump.
struct Loader {
  void* (*open)(const char*, int);
  void* (*open_apart)(Lmid_t, const char*, int);
  void* (*find)(void*, const char*);
  void* (*find_version)(void*, const char*, const char*);
};
Loader loader = {};

[[gnu::noinline]] void* noticed_dlopen(const char* name, int mode) {
  notice_dlopen();
  return loader.open(name, mode);
}

[[gnu::noinline]] void* noticed_dlmopen(Lmid_t scope, const char* name, int mode) {
  notice_dlopen();
  return loader.open_apart(scope, name, mode);
}

// What was just loaded is about to be used.
[[gnu::noinline]] void* noticed_dlsym(void* library, const char* name) {
  patch_new_modules();
  return loader.find(library, name);
}

[[gnu::noinline]] void* noticed_dlvsym(void* library, const char* name, const char* version) {
  patch_new_modules();
  return loader.find_version(library, name, version);
}

template <class Function>
Address address_of_function(Function* function) {
  return reinterpret_cast<Address>(function);
}

struct Target {
  const char* name;
  Address real;  // 0: the program has none
  Address hook;
};

struct Targets {
  Target list[kMostHooks + kOfTheLoader];
  std::uint32_t count = 0;
};

// Where a module lies.
struct Extent {
  Address start = ~Address{0};
  Address end = 0;
  bool holds(Address address) const { return start <= address && address < end; }
};

Extent extent_of(const dl_phdr_info& module) {
  Extent extent;
  for (std::uint32_t i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = module.dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    const Address start = module.dlpi_addr + part.p_vaddr;
    if (start < extent.start) extent.start = start;
    if (start + part.p_memsz > extent.end) extent.end = start + part.p_memsz;
  }
  return extent;
}

// Modules whose slots are nobody's business: ours, and the loader's, which has its own malloc
// before the program's is there.
bool is_left_alone(const dl_phdr_info& module, const Extent& extent) {
  return extent.holds(address_of_function(&patch_imports)) ||
         module.dlpi_addr == getauxval(AT_BASE) || extent.end == 0;
}

// A library that is an allocator and nothing else: what it calls of itself is its own business.
bool is_allocator(const dl_phdr_info& module, const Extent& extent) {
  return module.dlpi_name[0] != '\0' && extent.holds(address_of_function(real.malloc)) &&
         !extent.holds(address_of_function(&getauxval));  // that one is libc's
}

// Writes slots of a module, also those that it made read-only after it was loaded.
class Slots {
 public:
  explicit Slots(const dl_phdr_info& module) : module_(module) {
    for (std::uint32_t i = 0; i < module.dlpi_phnum; ++i) {
      const ElfW(Phdr)& part = module.dlpi_phdr[i];
      if (part.p_type != PT_GNU_RELRO) continue;
      start_ = (module.dlpi_addr + part.p_vaddr) & ~(kPage - 1);
      end_ = (module.dlpi_addr + part.p_vaddr + part.p_memsz) & ~(kPage - 1);
    }
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() {
    if (open_) protect(PROT_READ);
  }

  bool set(Address slot, Address value) {
    if (slot >= start_ && slot < end_) {
      if (!open_) open_ = protect(PROT_READ | PROT_WRITE);
      if (!open_) return false;
    } else if (!is_writable(slot)) {
      return false;
    }
    __atomic_store_n(pointer(slot), value, __ATOMIC_RELEASE);
    return true;
  }

  static Address get(Address slot) { return __atomic_load_n(pointer(slot), __ATOMIC_RELAXED); }

 private:
  static Address* pointer(Address slot) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are what import tables are about.
    return reinterpret_cast<Address*>(slot);
  }

  bool protect(int protection) const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return mprotect(reinterpret_cast<void*>(start_), end_ - start_, protection) == 0;
  }

  bool is_writable(Address slot) const {
    for (std::uint32_t i = 0; i < module_.dlpi_phnum; ++i) {
      const ElfW(Phdr)& part = module_.dlpi_phdr[i];
      if (part.p_type != PT_LOAD || (part.p_flags & PF_W) == 0) continue;
      const Address start = module_.dlpi_addr + part.p_vaddr;
      if (slot >= start && slot < start + part.p_memsz) return true;
    }
    return false;
  }

  const dl_phdr_info& module_;
  Address start_ = 0;
  Address end_ = 0;
  bool open_ = false;
};

struct Relocations {
  const ElfW(Rela) * first = nullptr;
  std::uint64_t bytes = 0;

  std::uint64_t count() const { return first == nullptr ? 0 : bytes / sizeof *first; }
};

// The tables of a module that say which slot is for which name.
struct Imports {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  Relocations relocations[2];  // of data, of the procedure linkage table
};

template <class T>
const T* at(Address value, Address base) {
  // glibc makes them absolute.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<const T*>(value < base ? value + base : value);
}

Imports imports_of(const dl_phdr_info& module) {
  Imports found;
  const ElfW(Dyn)* entry = nullptr;
  for (std::uint32_t i = 0; i < module.dlpi_phnum; ++i) {
    if (module.dlpi_phdr[i].p_type == PT_DYNAMIC)
      entry = at<ElfW(Dyn)>(module.dlpi_addr + module.dlpi_phdr[i].p_vaddr, 0);
  }
  for (; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    const Address value = entry->d_un.d_ptr;
    switch (entry->d_tag) {
      case DT_SYMTAB:
        found.symbols = at<ElfW(Sym)>(value, module.dlpi_addr);
        break;
      case DT_STRTAB:
        found.names = at<char>(value, module.dlpi_addr);
        break;
      case DT_RELA:
        found.relocations[0].first = at<ElfW(Rela)>(value, module.dlpi_addr);
        break;
      case DT_RELASZ:
        found.relocations[0].bytes = value;
        break;
      case DT_JMPREL:
        found.relocations[1].first = at<ElfW(Rela)>(value, module.dlpi_addr);
        break;
      case DT_PLTRELSZ:
        found.relocations[1].bytes = value;
        break;
      default:
        break;
    }
  }
  return found;
}

const Target* target_named(const Targets& targets, const char* name) {
  // Most names are rejected here.
  switch (name[0]) {
    case '_':
      if (name[1] != 'Z' || (name[2] != 'n' && name[2] != 'd')) return nullptr;
      break;
    case 'a':
    case 'c':
    case 'd':
    case 'f':
    case 'm':
    case 'p':
    case 'r':
    case 'v':
      break;
    default:
      return nullptr;
  }
  for (std::uint32_t i = 0; i < targets.count; ++i) {
    if (strcmp(targets.list[i].name, name) == 0) return &targets.list[i];
  }
  return nullptr;
}

// Whether what a slot holds is what we forward to, or will be.
bool is_ours_to_set(std::uint64_t type, Address value, const Target& target, const Extent& module) {
  if (target.real == 0 || value == target.hook) return false;
  if (value == target.real) return true;
  // Not bound yet: it leads to the module's own stub, which asks the loader.
  return type == R_X86_64_JUMP_SLOT && module.holds(value);
}

void remember(const Change& change) {
  changes[change_count] = change;
  __atomic_store_n(&change_count, change_count + 1, __ATOMIC_RELEASE);
}

// The function that the slot of a relocation is for; null when it is none of ours, or no slot.
const Target* target_of(const ElfW(Rela) & relocation, const Imports& imports,
                        const Targets& targets) {
  const std::uint64_t type = ELF64_R_TYPE(relocation.r_info);
  const std::uint64_t symbol = ELF64_R_SYM(relocation.r_info);
  const bool is_slot = type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT ||
                       (type == R_X86_64_64 && relocation.r_addend == 0);
  if (!is_slot || symbol == 0) return nullptr;
  if (change_count == kMostChanges) return nullptr;  // what cannot be restored is not changed
  return target_named(targets, imports.names + imports.symbols[symbol].st_name);
}

void patch_module(const dl_phdr_info& module, const Targets& targets) {
  const Extent extent = extent_of(module);
  if (is_left_alone(module, extent) || is_allocator(module, extent)) return;
  const Imports imports = imports_of(module);
  if (imports.symbols == nullptr || imports.names == nullptr) return;
  Slots slots(module);
  for (const Relocations& table : imports.relocations) {
    for (std::uint64_t number = 0; number < table.count(); ++number) {
      const ElfW(Rela)& relocation = table.first[number];
      const Target* const target = target_of(relocation, imports, targets);
      if (target == nullptr) continue;
      const Address slot = module.dlpi_addr + relocation.r_offset;
      const Address value = Slots::get(slot);
      if (is_ours_to_set(ELF64_R_TYPE(relocation.r_info), value, *target, extent) &&
          slots.set(slot, target->hook))
        remember({slot, value, target->hook});
    }
  }
}

int patch_next(dl_phdr_info* module, std::size_t /*size*/, void* targets) {
  known_adds = module->dlpi_adds;
  patch_module(*module, *static_cast<const Targets*>(targets));
  return 0;
}

int restore_next(dl_phdr_info* module, std::size_t /*size*/, void* /*unused*/) {
  const Extent extent = extent_of(*module);
  if (is_left_alone(*module, extent)) return 0;
  Slots slots(*module);
  for (std::uint32_t i = 0; i < change_count; ++i) {
    const Change& change = changes[i];
    if (!extent.holds(change.slot) || Slots::get(change.slot) != change.now) continue;
    slots.set(change.slot, change.before);
  }
  return 0;
}

int read_adds(dl_phdr_info* module, std::size_t /*size*/, void* adds) {
  *static_cast<std::uint64_t*>(adds) = module->dlpi_adds;
  return 1;
}

// What the program's own calls of `name` reach; 0: nothing.
Address program_function(const char* name) {
  return reinterpret_cast<Address>(find_function(name, Among::kOthers));
}

template <class Function>
void add_target(Targets& targets, const char* name, Function*& real, Function* hook) {
  const Address found = program_function(name);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it is the function of that name
  if (found != 0) real = reinterpret_cast<Function*>(found);
  targets.list[targets.count++] = {name, found, address_of_function(hook)};
}

void find_targets(Targets& targets) {
  for (const Hook& hook : hooks()) {
    if (targets.count == kMostHooks) break;
    targets.list[targets.count++] = {hook.name, program_function(hook.name),
                                     reinterpret_cast<Address>(hook.function)};
  }
  add_target(targets, "dlopen", loader.open, &noticed_dlopen);
  add_target(targets, "dlmopen", loader.open_apart, &noticed_dlmopen);
  add_target(targets, "dlsym", loader.find, &noticed_dlsym);
  add_target(targets, "dlvsym", loader.find_version, &noticed_dlvsym);
}

bool have_room() {
  if (changes != nullptr) return true;
  void* const memory = mmap(nullptr, kMostChanges * sizeof(Change), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  changes = static_cast<Change*>(memory);
  return true;
}

// One thread at a time; another does not wait.
class AtIt {
 public:
  AtIt() : entered_(exchange_if(busy, 0U, 1U)) {}
  AtIt(const AtIt&) = delete;
  AtIt& operator=(const AtIt&) = delete;
  ~AtIt() {
    if (entered_) __atomic_store_n(&busy, 0U, __ATOMIC_RELEASE);
  }
  explicit operator bool() const { return entered_; }

 private:
  bool entered_;
};

}  // namespace

std::uint32_t patch_imports() {
  const AtIt at_it;
  if (!at_it || !have_room()) return 0;
  Targets targets;
  find_targets(targets);
  dl_iterate_phdr(patch_next, &targets);
  return load(change_count);
}

void patch_new_modules() {
  const std::uint64_t opened = load(dlopened_ns);
  if (opened == 0) return;
  if (now_ns() - opened > kDlopenLasts) exchange_if(dlopened_ns, opened, std::uint64_t{0});
  std::uint64_t adds = 0;
  dl_iterate_phdr(read_adds, &adds);
  if (adds != load(known_adds)) patch_imports();
}

void restore_imports() {
  const AtIt at_it;
  if (!at_it) return;
  dl_iterate_phdr(restore_next, nullptr);
  change_count = 0;
}

}  // namespace tidemark::agent
