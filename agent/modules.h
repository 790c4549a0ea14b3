#pragma once

// The mapped files that call stacks go through, numbered as in the heap file.
//
// They are found with glibc's _dl_find_object, one at a time when a frame lies in one that is
// not known yet: it takes no lock. dl_iterate_phdr does, and a child that is forked while
// another thread holds that lock would wait for it for ever; it is called only at the start.

#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

struct LoadedModule {
  std::uint64_t start;  // 0: was unloaded
  std::uint64_t end;
  std::uint64_t bias;
  const std::uint8_t* unwind_table;  // its .eh_frame_hdr; null: has none
  const void* link_map;
  std::uint64_t name_hash;
  std::uint32_t stays;  // 1: was there from the start, so it cannot be unloaded
  std::uint32_t ready;
};

inline constexpr std::uint32_t kMaxModules = 1024;
inline constexpr std::uint32_t kUnknownModule = heap_file::kNoModule;

// Learns all modules that are loaded now. Before anything else; a second call does nothing.
// `stay`: the program
// starts, so that all of them stay. May take the loader's lock.
void learn_modules(bool stay);

// The number of the module at `address`, or kUnknownModule.
std::uint32_t module_at(std::uint64_t address);

// REQUIRES: `number` came from module_at.
const LoadedModule& loaded_module(std::uint32_t number);

// Whether `address` lies in this library itself.
bool is_own_code(std::uint64_t address);

// The path of the mapped file at `address`, NUL at the end, cut from the left to fit. Returns
// false when there is none.
bool module_path(std::uint64_t address, char* path, std::uint64_t size);

// Sets where modules are written to: the section of a new heap file. Those that are known
// already are written at once.
void publish_modules(heap_file::Module* section, std::uint32_t count);

}  // namespace tidemark::agent
