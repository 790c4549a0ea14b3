#pragma once

#include <libelf.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/file.h"

namespace tidemark {

// An open executable, library or separate debug file. Only lib/symbolize sees
// libelf's types.
class ElfFile {
 public:
  // Nothing when `path` is not a regular file that can be read, or no ELF file;
  // `why` then says which. Never blocks.
  static std::optional<ElfFile> open(const std::filesystem::path& path, std::string& why);

  // The same for a file that is only in memory; `name` stands for its path.
  static std::optional<ElfFile> of_bytes(const std::string& name, std::string bytes);

  Elf* get() const { return elf_.get(); }
  const std::filesystem::path& path() const { return path_; }

  // Hexadecimal digits; empty when there is none.
  std::string build_id() const;

  // The name and checksum of the separate debug file, where one is named.
  struct DebugLink {
    std::string name;
    std::uint32_t crc = 0;
  };
  std::optional<DebugLink> debug_link() const;

  bool has_section(const char* name) const;

  // The address, as the linker gave it, of what is at `offset` in the file.
  std::optional<std::uint64_t> address_of(std::uint64_t offset) const;

 private:
  struct Closer {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  struct Segment {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t address = 0;
    bool executable = false;
  };

  Elf_Scn* find_section(const char* name) const;

  ElfFile(std::filesystem::path path, Descriptor descriptor, Elf* elf,
          std::unique_ptr<std::string> bytes = nullptr);

  std::filesystem::path path_;
  Descriptor descriptor_;
  std::unique_ptr<std::string> bytes_;  // libelf reads from there: it must not move
  std::unique_ptr<Elf, Closer> elf_;
  std::vector<Segment> segments_;  // executable ones first
};

}  // namespace tidemark
