#include "lib/symbolize/perf_symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "lib/symbolize/debug_file.h"
#include "lib/symbolize/demangle.h"
#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/elf_functions.h"
#include "lib/symbolize/mapped_file.h"
#include "lib/symbolize/runtime_code.h"
#include "lib/symbolize/symbol_table.h"

namespace tidemark {
namespace {

constexpr std::string_view kKernel = "[kernel.kallsyms]";

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::filesystem::path> all_below(const std::filesystem::path& root,
                                             std::vector<std::filesystem::path> paths) {
  for (std::filesystem::path& path : paths) path = below(root, path.string());
  return paths;
}

// "[nf_tables]"; but "[vdso]" and "[heap]" are no modules of the kernel.
bool is_kernel_module(const Frame& place) {
  constexpr std::uint64_t kKernelHalf = std::uint64_t{1} << 63;
  return place.module.starts_with('[') && place.address == place.offset &&
         place.address >= kKernelHalf;
}

// "/tmp/perf-12.map", "/home/me/.debug/jit/jit-12.dump": the process, as written.
std::string_view process_of(std::string_view path) {
  const std::string_view name = base_name(path);
  for (const auto& [start, end] :
       {std::pair<std::string_view, std::string_view>{"perf-", ".map"}, {"jit-", ".dump"}}) {
    if (!name.starts_with(start) || !name.ends_with(end)) continue;
    const std::string_view pid = name.substr(start.size(), name.size() - start.size() - end.size());
    const bool digits = std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; });
    if (!pid.empty() && digits) return pid;
  }
  return {};
}

}  // namespace

// The members' order matters: symbols point into the files.
struct PerfSymbols::Module {
  enum class Kind : std::uint8_t { kFile, kKernel, kRuntime };

  Kind kind = Kind::kFile;
  std::string unnamed;  // the function of places without one
  std::optional<ElfFile> file;
  std::optional<ElfFile> debug;
  std::deque<std::string> stubs;
  SymbolTable functions;
  std::vector<std::string> names;  // of `functions`, demangled; empty: not yet asked
  RuntimeCode runtime;
  std::optional<Kallsyms> copied_kallsyms;  // from perf's cache
  const Kallsyms* kallsyms = nullptr;
  std::uint64_t shift = 0;  // what to add to an address to find it in the symbols

  const std::string& name(std::size_t index) {
    if (names.size() != functions.size()) names.resize(functions.size());
    std::string& name = names[index];
    if (name.empty()) name = demangled_name(std::string(functions.name(index)).c_str());
    return name;
  }

  // The function at `address` in the process, or at `offset` in the file.
  std::string function_at(std::uint64_t address, std::uint64_t offset) {
    if (kind == Kind::kRuntime) return std::string(runtime.function_at(offset));
    if (kallsyms != nullptr) return std::string(kallsyms->function_at(address + shift).name);
    if (!file) return "";
    const auto place = kind == Kind::kKernel ? address + shift : file->address_of(offset);
    if (!place) return "";
    std::size_t found = functions.find(*place);
    // What a signal handler returns to was never called: it is a function's start,
    // which one taken off leaves.
    if (found == SymbolTable::kNone) found = functions.starting_at(*place + 1);
    return found == SymbolTable::kNone ? "" : name(found);
  }
};

PerfSymbols::PerfSymbols(PerfSymbolOptions options)
    : options_(std::move(options)), lines_(all_below(options_.root, options_.debug_directories)) {
  options_.debug_directories = all_below(options_.root, std::move(options_.debug_directories));
  if (options_.build_cache.empty()) options_.build_cache = default_build_cache();
}
PerfSymbols::~PerfSymbols() = default;
PerfSymbols::PerfSymbols(PerfSymbols&&) noexcept = default;
PerfSymbols& PerfSymbols::operator=(PerfSymbols&&) noexcept = default;

std::vector<Frame> PerfSymbols::frames_at(const Mapping& module, const Frame& place) {
  Frame frame = place;
  if (!options_.addresses) frame.address = frame.offset = 0;
  if (place.module.empty()) {
    frame.function = "[unknown]";
    return {std::move(frame)};
  }
  if (is_kernel_module(place) && place.module != kKernel) {
    frame.function = function_of_module(module, place);
    return {std::move(frame)};
  }
  Module& known = this->module(module);
  if (options_.inlines && known.kind == Module::Kind::kFile && known.file) {
    std::vector<Frame> frames = with_inlines(place);
    if (!frames.empty() && !frames.back().function.empty()) return frames;
  }
  frame.function = known.function_at(place.address, place.offset);
  if (frame.function.empty()) frame.function = known.unnamed;
  return {std::move(frame)};
}

std::vector<Frame> PerfSymbols::with_inlines(const Frame& place) {
  std::vector<Frame> frames = lines_.frames_at(below(options_.root, place.module), place.offset);
  for (Frame& one : frames) {
    one.module = place.module;
    one.address = place.address;
  }
  return frames;
}

// Modules are where they happened to be loaded: another machine's, or those of
// before a restart, must not be named by what is there now.
std::string PerfSymbols::function_of_module(const Mapping& module, const Frame& place) {
  const bool other = options_.kallsyms.empty() && !module.build_id.empty() &&
                     running_module_build_id(place.module) != module.build_id;
  const Kallsyms::Function function =
      other ? Kallsyms::Function{} : kallsyms().function_at(place.address);
  return function.module == place.module ? std::string(function.name)
                                         : fmt::format("[{}]", place.module);
}

PerfSymbols::Module& PerfSymbols::module(const Mapping& mapping) {
  std::unique_ptr<Module>& module = modules_[{mapping.path, mapping.build_id}];
  if (module == nullptr) {
    module = std::make_unique<Module>();
    module->unnamed = fmt::format("[{}]", base_name(mapping.path));
    open(*module, mapping);
  }
  return *module;
}

void PerfSymbols::open(Module& module, const Mapping& mapping) {
  if (mapping.path == kKernel) {
    open_kernel(module, mapping);
    return;
  }
  if (!process_of(mapping.path).empty()) {
    open_runtime_code(module, mapping.path);
    return;
  }
  std::string why;
  module.file = open_mapped(mapping.path, mapping.build_id,
                            {.root = options_.root, .build_cache = options_.build_cache}, why);
  if (!module.file) {
    if (is_file(mapping.path)) {
      warn(fmt::format("{}: no symbols: {}", below(options_.root, mapping.path), why));
    }
    return;
  }
  lines_.expect(below(options_.root, mapping.path), mapping.build_id);
  module.debug = find_debug_file(*module.file, options_.debug_directories, warnings_);
  if (!module.debug || !add_functions(*module.debug, module.functions)) {
    add_functions(*module.file, module.functions);
  }
  add_stubs(*module.file, module.functions, module.stubs);
  module.functions.settle();
  if (module.functions.size() == 0) {
    warn(fmt::format("{}: no symbols: it was stripped of them", mapping.path));
  }
}

void PerfSymbols::open_runtime_code(Module& module, const std::string& path) {
  module.kind = Module::Kind::kRuntime;
  std::string why;
  module.runtime = RuntimeCode::read(below(options_.root, path), why);
  const std::string map = fmt::format("/tmp/perf-{}.map", process_of(path));
  if (module.runtime.empty() && path != map)
    module.runtime = RuntimeCode::read(below(options_.root, map), why);
  if (module.runtime.empty()) {
    warn(
        fmt::format("{}: no names for code made at run time: {}", below(options_.root, path), why));
  }
}

const Kallsyms& PerfSymbols::kallsyms() {
  if (!kallsyms_) {
    std::string why;
    kallsyms_ =
        Kallsyms::read(options_.kallsyms.empty() ? "/proc/kallsyms" : options_.kallsyms, why);
    if (kallsyms_->empty()) warn(fmt::format("no symbols of the kernel: {}", why));
  }
  return *kallsyms_;
}

// Whether the running kernel is the one that was profiled.
bool PerfSymbols::is_this_kernel(const Mapping& kernel) {
  if (!kernel.build_id.empty()) return kernel.build_id == running_kernel_build_id();
  if (kallsyms().empty() || kernel.offset != kallsyms().text()) return false;
  warn("the file does not say which kernel ran; it is taken for the running one");
  return true;
}

// The kernel's functions from its vmlinux, if the user names one that has them.
bool PerfSymbols::open_vmlinux(Module& module, const Mapping& kernel) {
  if (options_.vmlinux.empty()) return false;
  std::string why = "it was stripped of them";
  module.file = ElfFile::open(options_.vmlinux, why);
  if (!module.file || !add_functions(*module.file, module.functions)) {
    module.file.reset();
    warn(fmt::format("{}: no symbols: {}", options_.vmlinux.string(), why));
    return false;
  }
  module.functions.settle();
  const std::size_t text = module.functions.named("_text");
  if (kernel.offset != 0 && text != SymbolTable::kNone) {
    module.shift = module.functions.start(text) - kernel.offset;
  }
  return true;
}

// What perf copied of the kernel's kallsyms; empty when there is none.
Kallsyms PerfSymbols::cached_kallsyms(const std::string& build_id) const {
  if (build_id.size() < 4 || options_.build_cache.empty()) return {};
  std::string ignored;
  return Kallsyms::read(
      options_.build_cache / ".build-id" / build_id.substr(0, 2) / build_id.substr(2) / "kallsyms",
      ignored);
}

void PerfSymbols::open_kernel(Module& module, const Mapping& kernel) {
  module.kind = Module::Kind::kKernel;
  if (open_vmlinux(module, kernel)) return;
  if (!options_.kallsyms.empty() || is_this_kernel(kernel)) {
    module.kallsyms = &kallsyms();
  } else {
    module.copied_kallsyms = cached_kallsyms(kernel.build_id);
    module.kallsyms = &*module.copied_kallsyms;
    if (module.kallsyms->empty()) {
      warn(
          "no symbols of the kernel: another one ran while recording; --kallsyms with a copy of "
          "its "
          "/proc/kallsyms, or --vmlinux, names its functions");
    }
  }
  if (kernel.offset != 0 && module.kallsyms->text() != 0) {
    module.shift = module.kallsyms->text() - kernel.offset;
  }
}

std::vector<std::string> PerfSymbols::warnings() const {
  std::vector<std::string> all = warnings_;
  all.insert(all.end(), lines_.warnings().begin(), lines_.warnings().end());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace tidemark
