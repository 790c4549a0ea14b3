#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/recording.h"
#include "lib/symbolize/kallsyms.h"
#include "lib/symbolize/symbolizer.h"

namespace tidemark {

struct PerfSymbolOptions {
  // Adds the calls that the compiler inlined, and files and lines, from debug
  // information. Without it symbol tables are enough, which is much faster.
  bool inlines = false;

  // Leaves address and offset in frames that have a function: every address of a
  // function is then a frame of its own.
  bool addresses = false;

  // Where separate debug files are looked for, by build id or debug link.
  std::vector<std::filesystem::path> debug_directories = {"/usr/lib/debug"};

  // Where perf keeps copies of what it saw, by build id. Empty: ~/.debug.
  std::filesystem::path build_cache;

  // Where the files of the machine that was profiled are: what was mapped, maps of
  // code made at run time, debug files. Empty: it was this machine.
  std::filesystem::path root;

  // A copy of /proc/kallsyms of the kernel that was profiled, and its vmlinux.
  // Empty: perf's cache, then /proc/kallsyms if the running kernel is the same.
  std::filesystem::path kallsyms;
  std::filesystem::path vmlinux;
};

// Finds the functions of what perf records (parsers/perf_data.h), in the forms
// that `perf script` prints: C++ and Rust demangled, without arguments.
//
//   [kernel.kallsyms], [NAME]  kallsyms, moved to where the kernel was; or vmlinux
//   [vdso]                     our own, if its build is the same
//   /tmp/perf-PID.map          the map that a runtime writes for perf
//   a jitdump                  the functions that it declares; if it is gone, that map
//   any other                  the ELF file at that path if it is the build that was
//                              profiled, else perf's copy; its separate debug file
//
// Files are opened when a place in them is first asked for. A place that no
// symbol covers is in the function "[MODULE]", as folded perf script has it; one
// that lies in no module, in "[unknown]".
//
// Not for use by two threads at a time.
class PerfSymbols {
 public:
  explicit PerfSymbols(PerfSymbolOptions options = {});
  ~PerfSymbols();
  PerfSymbols(PerfSymbols&&) noexcept;
  PerfSymbols& operator=(PerfSymbols&&) noexcept;
  PerfSymbols(const PerfSymbols&) = delete;
  PerfSymbols& operator=(const PerfSymbols&) = delete;

  // What `place`, a frame without a function, stands for, innermost first: calls
  // inlined there, when they are asked for, and the function. `module` is what
  // the profile's mappings say of the place's module; the kernel's tells where it
  // was. To be used as PerfDataOptions::name_place.
  std::vector<Frame> frames_at(const Mapping& module, const Frame& place);

  // What could not be read and why, one line a module.
  std::vector<std::string> warnings() const;

 private:
  struct Module;

  Module& module(const Mapping& mapping);
  void open(Module& module, const Mapping& mapping);
  std::vector<Frame> with_inlines(const Frame& place);
  std::string function_of_module(const Mapping& module, const Frame& place);
  void open_runtime_code(Module& module, const std::string& path);
  void open_kernel(Module& module, const Mapping& kernel);
  bool open_vmlinux(Module& module, const Mapping& kernel);
  Kallsyms cached_kallsyms(const std::string& build_id) const;
  const Kallsyms& kallsyms();
  bool is_this_kernel(const Mapping& kernel);
  void warn(const std::string& text) { warnings_.push_back(text); }

  PerfSymbolOptions options_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Module>> modules_;
  Symbolizer lines_;
  std::optional<Kallsyms> kallsyms_;  // the user's, or the running kernel's
  std::vector<std::string> warnings_;
};

// Gives the frames of a recording that was read without PerfSymbols their
// functions. What could not be read, and why, is added to its warnings.
void symbolize_perf(Recording& recording, const PerfSymbolOptions& options = {});

}  // namespace tidemark
