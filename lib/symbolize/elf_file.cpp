#include "lib/symbolize/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace tidemark {

std::optional<ElfFile> ElfFile::open(const std::filesystem::path& path, std::string& why) {
  // A pipe or a device would block or never end.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status = {};
  if (!descriptor || fstat(descriptor.get(), &status) != 0) {
    why = std::generic_category().message(errno);
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    why = "not a regular file";
    return std::nullopt;
  }
  elf_version(EV_CURRENT);
  Elf* const elf = elf_begin(descriptor.get(), ELF_C_READ_MMAP_PRIVATE, nullptr);
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF) {
    elf_end(elf);
    why = "not an ELF file";
    return std::nullopt;
  }
  return ElfFile(path, std::move(descriptor), elf);
}

std::optional<ElfFile> ElfFile::of_bytes(const std::string& name, std::string bytes) {
  elf_version(EV_CURRENT);
  auto kept = std::make_unique<std::string>(std::move(bytes));
  Elf* const elf = elf_memory(kept->data(), kept->size());
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF) {
    elf_end(elf);
    return std::nullopt;
  }
  return ElfFile(name, Descriptor(), elf, std::move(kept));
}

ElfFile::ElfFile(std::filesystem::path path, Descriptor descriptor, Elf* elf,
                 std::unique_ptr<std::string> bytes)
    : path_(std::move(path)),
      descriptor_(std::move(descriptor)),
      bytes_(std::move(bytes)),
      elf_(elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_LOAD) continue;
    segments_.push_back({.offset = header.p_offset,
                         .size = header.p_filesz,
                         .address = header.p_vaddr,
                         .executable = (header.p_flags & PF_X) != 0});
  }
  // Not std::ranges: clang 14 cannot compile the range that it returns.
  std::stable_partition(segments_.begin(), segments_.end(),
                        [](const Segment& segment) { return segment.executable; });
}

std::string ElfFile::build_id() const {
  const void* bytes = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf_.get(), &bytes);
  std::string text;
  for (ssize_t i = 0; i < size; ++i) {
    text += fmt::format("{:02x}", static_cast<const unsigned char*>(bytes)[i]);
  }
  return text;
}

std::optional<ElfFile::DebugLink> ElfFile::debug_link() const {
  GElf_Word crc = 0;
  const char* const name = dwelf_elf_gnu_debuglink(elf_.get(), &crc);
  if (name == nullptr || *name == '\0') return std::nullopt;
  return DebugLink{.name = name, .crc = crc};
}

bool ElfFile::has_section(const char* name) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return false;
  for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf_.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* const mine = elf_strptr(elf_.get(), names, header.sh_name);
    if (mine != nullptr && std::strcmp(mine, name) == 0) return true;
  }
  return false;
}

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t offset) const {
  for (const Segment& segment : segments_) {
    if (offset >= segment.offset && offset - segment.offset < segment.size) {
      return offset - segment.offset + segment.address;
    }
  }
  return std::nullopt;
}

}  // namespace tidemark
