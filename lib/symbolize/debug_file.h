#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/symbolize/elf_file.h"

namespace tidemark {

// The separate debug file of `module`, in the places where gdb looks too:
//
//   DIRECTORY/.build-id/ab/cdef....debug     same build id
//   .gnu_debuglink's name beside the module, in .debug/ beside it, and under
//   DIRECTORY at the module's own path       same build id, or same checksum
//
// for each of `directories`. Only local files: nothing is ever downloaded. A
// file that is there but belongs to another build adds to `warnings`.
std::optional<ElfFile> find_debug_file(const ElfFile& module,
                                       const std::vector<std::filesystem::path>& directories,
                                       std::vector<std::string>& warnings);

}  // namespace tidemark
