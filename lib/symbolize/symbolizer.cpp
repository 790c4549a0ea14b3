#include "lib/symbolize/symbolizer.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "lib/symbolize/debug_file.h"
#include "lib/symbolize/demangle.h"
#include "lib/symbolize/dwarf_lines.h"
#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/elf_symbols.h"

namespace tidemark {
namespace {

// "[vdso]", "[heap]", "//anon": the kernel's names for what has no file.
bool has_file(const std::string& module) {
  return !module.empty() && !module.starts_with('[') && !module.starts_with("//") &&
         !module.starts_with("anon_inode:") && !module.starts_with("/memfd:") &&
         !module.starts_with("/dev/") && !module.starts_with("/SYSV");
}

}  // namespace

// The members' order matters: lines and symbols point into the files.
struct Symbolizer::Module {
  std::optional<ElfFile> file;
  std::optional<ElfFile> debug;
  std::optional<DwarfLines> lines;
  ElfSymbols symbols;
  std::optional<ElfSymbols::Starts> starts;  // once a function was asked for by name
};

Symbolizer::Symbolizer(std::vector<std::filesystem::path> directories)
    : directories_(std::move(directories)) {}
Symbolizer::~Symbolizer() = default;
Symbolizer::Symbolizer(Symbolizer&&) noexcept = default;
Symbolizer& Symbolizer::operator=(Symbolizer&&) noexcept = default;

void Symbolizer::expect(const std::string& module, const std::string& build_id) {
  if (!build_id.empty()) expected_[module] = build_id;
}

std::unique_ptr<Symbolizer::Module> Symbolizer::open(const std::string& path) {
  auto module = std::make_unique<Module>();
  if (!has_file(path)) return module;
  std::string why;
  std::optional<ElfFile> file;
  if (!root_.empty()) file = ElfFile::open(root_.string() + path, why);
  if (!file) file = ElfFile::open(path, why);
  if (!file) {
    warnings_.push_back(fmt::format("{}: no symbols: {}", path, why));
    return module;
  }
  const auto wanted = expected_.find(path);
  if (wanted != expected_.end() && file->build_id() != wanted->second) {
    const std::string id = file->build_id();
    warnings_.push_back(
        fmt::format("{}: no symbols: replaced since: build id {} was profiled, {} is there", path,
                    wanted->second, id.empty() ? "none" : id));
    return module;
  }
  module->file = std::move(file);
  const bool complete = module->file->has_section(".debug_info");
  if (!complete) module->debug = find_debug_file(*module->file, directories_, warnings_);
  if (complete) module->lines.emplace(*module->file);
  if (module->debug) {
    module->lines.emplace(*module->debug);
    module->symbols.add(*module->debug);
  }
  module->symbols.add(*module->file);
  return module;
}

Symbolizer::Module& Symbolizer::module(const std::string& path) {
  std::unique_ptr<Module>& module = modules_[path];
  if (module == nullptr) module = open(path);
  return *module;
}

std::vector<Frame> Symbolizer::frames_in(Module& module, std::uint64_t address) {
  std::vector<Frame> frames;
  if (module.lines) frames = module.lines->frames_at(address);
  if (frames.empty() || frames.back().function.empty()) {
    const char* const symbol = module.symbols.name_at(address);
    if (symbol == nullptr && frames.empty()) return {};
    if (frames.empty()) frames.emplace_back();
    if (symbol != nullptr) frames.back().function = demangled(symbol);
  }
  return frames;
}

std::vector<Frame> Symbolizer::frames_at(const std::string& path, std::uint64_t offset) {
  Module& module = this->module(path);
  if (!module.file) return {};
  const std::optional<std::uint64_t> address = module.file->address_of(offset);
  if (!address) return {};
  std::vector<Frame> frames = frames_in(module, *address);
  for (Frame& frame : frames) {
    frame.module = path;
    frame.offset = offset;
  }
  return frames;
}

std::vector<Frame> Symbolizer::frames_at_address(const std::string& path, std::uint64_t address) {
  Module& module = this->module(path);
  if (!module.file) return {};
  std::vector<Frame> frames = frames_in(module, address);
  for (Frame& frame : frames) frame.module = path;
  return frames;
}

std::optional<std::uint64_t> Symbolizer::address_of(const std::string& path,
                                                    const std::string& name) {
  Module& module = this->module(path);
  if (!module.starts) module.starts = module.symbols.starts();
  const auto found = module.starts->find(name);
  return found == module.starts->end() ? std::nullopt : found->second;
}

std::filesystem::path process_root_of(const std::filesystem::path& path) {
  // "/", "proc", "4711", "root", ...
  std::filesystem::path root;
  std::size_t depth = 0;
  for (const std::filesystem::path& part : path) {
    root /= part;
    const std::string name = part.string();
    const bool right = depth == 0   ? name == "/"
                       : depth == 1 ? name == "proc"
                       : depth == 2 ? name.find_first_not_of("0123456789") == std::string::npos
                                    : name == "root";
    if (!right) return {};
    if (++depth == 4) return root;
  }
  return {};
}

}  // namespace tidemark
