#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id_table.h"
#include "parsers/perf_data_mappings.h"

namespace tidemark {

// What can be mapped: an executable or library, the kernel or a module of it,
// code made at run time.
struct PerfObject {
  enum class Kind : std::uint8_t { kFile, kKernel, kRuntime };

  std::string path;      // as frames name it
  std::string build_id;  // hexadecimal digits; empty when not known
  Kind kind = Kind::kFile;
  std::uint32_t pid = 0;  // kRuntime: whose code it is
  std::string function;   // the whole object is this function (of the kernel: a BPF program)
};

// A record that says what was mapped where, taken apart.
struct PerfMmap {
  std::uint32_t pid = 0;
  bool kernel = false;
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
  bool huge_pages = false;  // of anonymous memory, whatever the path says
  std::string_view path;
  std::string_view build_id;  // the bytes themselves; empty: the record has none
};

// The objects of a recording, each once.
class PerfObjects {
 public:
  // The mapping that `mmap` tells of, with its object. Where the object is no
  // file, offsets in it are addresses.
  PerfMapping mapping_of(const PerfMmap& mmap);

  // The object that is the kernel's function `name`.
  std::uint32_t kernel_function(std::string_view name);

  // Adds what is known only once all of the file was read: build ids by path,
  // and that the code a process made at run time is in its jitdump.
  void complete(const std::map<std::string, std::string>& build_ids);

  const PerfObject& operator[](std::uint32_t id) const { return list_[id]; }
  std::size_t size() const { return list_.size(); }

 private:
  std::uint32_t intern(PerfObject object);

  std::vector<PerfObject> list_;
  IdTable ids_;
  std::map<std::uint32_t, std::string> jitdumps_;  // by process
};

// The kernel's name in frames, and in perf's build ids.
constexpr std::string_view kPerfKernel = "[kernel.kallsyms]";

}  // namespace tidemark
