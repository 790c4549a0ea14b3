#pragma once

#include <filesystem>
#include <vector>

#include "lib/model/recording.h"

namespace tidemark {

struct PerfSymbolOptions {
  // Adds the calls that the compiler inlined, and files and lines, from debug
  // information. Without it symbol tables are enough, which is much faster.
  bool inlines = false;

  // Where separate debug files are looked for, by build id or debug link.
  std::vector<std::filesystem::path> debug_directories = {"/usr/lib/debug"};

  // Where perf keeps copies of what it saw, by build id. Empty: ~/.debug.
  std::filesystem::path build_cache;

  // A copy of /proc/kallsyms of the kernel that was profiled, and its vmlinux.
  // Empty: perf's cache, then /proc/kallsyms if the running kernel is the same.
  std::filesystem::path kallsyms;
  std::filesystem::path vmlinux;
};

// Gives the frames of a perf recording (parsers/perf_data.h) their functions, in
// the forms that `perf script` prints: C++ and Rust demangled, without
// arguments. Each place of each module is looked up once.
//
//   [kernel.kallsyms], [NAME]  kallsyms, moved to where the kernel was; or vmlinux
//   [vdso]                     our own, if its build is the same
//   /tmp/perf-PID.map          the map that a runtime writes for perf
//   a jitdump                  the functions that it declares
//   any other                  the ELF file at that path if it is the build that was
//                              profiled, else perf's copy; its separate debug file
//
// A function that a file does not name is "[MODULE]", as in folded perf script;
// one that lies in no module "[unknown]". What could not be read, and why, is
// added to the recording's warnings.
void symbolize_perf(Recording& recording, const PerfSymbolOptions& options = {});

}  // namespace tidemark
