#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/symbolize/elf_file.h"

namespace tidemark {

// Whether `path`, as the kernel names what is mapped, is that of a file with
// code: "[heap]", "//anon" and what runtimes write for perf about the code that
// they made (perf-PID.map, jit-PID.dump) are none.
bool is_file(const std::string& path);

// Where files are looked for.
struct MappedPlaces {
  std::filesystem::path root;         // of all paths that were mapped; empty: as they are
  std::filesystem::path build_cache;  // perf's copies by build id; empty: none
};

// `path` below `root`, if there is one.
std::string below(const std::filesystem::path& root, const std::string& path);

// What a process had mapped as `path`, of the build `build_id` (hexadecimal
// digits; empty when it is not known):
//
//   - the file itself, below the root, unless it is of another build. One that was deleted
//     ("... (deleted)") is taken only when the build is known;
//   - "[vdso]": that of the running kernel, only of that build;
//   - what perf keeps in the build cache, only of that build.
//
// Nothing when there is none; `why` then says so.
std::optional<ElfFile> open_mapped(const std::string& path, const std::string& build_id,
                                   const MappedPlaces& places, std::string& why);

// The running kernel's [vdso], the code that it maps into each process.
std::optional<ElfFile> running_vdso();

// ~/.debug; empty without a home.
std::filesystem::path default_build_cache();

}  // namespace tidemark
