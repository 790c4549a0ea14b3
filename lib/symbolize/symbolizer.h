#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/frame.h"

namespace tidemark {

// Turns places in executables and libraries into functions, files and lines,
// calls inlined there included.
//
// Files are opened when first asked for and stay open. Debug information is
// taken from the module itself, or from a separate debug file (by build id or
// debug link) in `directories`; without any, symbols are used, and only where
// one reaches over the place. Nothing is ever fetched from a network, whatever
// DEBUGINFOD_URLS says. Damaged files give less, never an exception.
class Symbolizer {
 public:
  explicit Symbolizer(std::vector<std::filesystem::path> directories = {"/usr/lib/debug"});
  ~Symbolizer();
  Symbolizer(Symbolizer&&) noexcept;
  Symbolizer& operator=(Symbolizer&&) noexcept;
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // Says which build of `module` was profiled (hexadecimal digits). A file of
  // another build gives a warning and no symbols.
  void expect(const std::string& module, const std::string& build_id);

  // Looks for files below `root` first: the root directory of the process that was profiled, as
  // we see it ("/proc/4711/root" of one in a container), or a copy of it. Empty: nowhere else.
  void look_below(std::filesystem::path root) { root_ = std::move(root); }

  // What is at `offset` in the file `path`, innermost first: inlined calls,
  // then the function that they are inlined into. Each frame has the module and
  // the offset. Empty when nothing is known.
  //
  // `offset` is that of the instruction that ran or called. A return address is
  // one too far: whoever reads it from a stack (our parsers) takes one off.
  std::vector<Frame> frames_at(const std::string& path, std::uint64_t offset);

  // The same for an address as the linker gave it, whose frames have no offset.
  std::vector<Frame> frames_at_address(const std::string& path, std::uint64_t address);

  // Where the function `name` starts, as the linker gave it; mangled, or as perf
  // prints it. Nothing when no symbol of the file has that name, or several do.
  std::optional<std::uint64_t> address_of(const std::string& path, const std::string& name);

  // What could not be read and why, one line a module.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Module;

  static std::vector<Frame> frames_in(Module& module, std::uint64_t address);
  Module& module(const std::string& path);
  std::unique_ptr<Module> open(const std::string& path);

  std::vector<std::filesystem::path> directories_;
  std::filesystem::path root_;
  std::map<std::string, std::string> expected_;
  std::map<std::string, std::unique_ptr<Module>> modules_;
  std::vector<std::string> warnings_;
};

// "/proc/4711/root" of a path below it, which is where the process finds its files; empty for
// every other path.
std::filesystem::path process_root_of(const std::filesystem::path& path);

}  // namespace tidemark
