#include "lib/symbolize/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace tidemark {
namespace {

// Of the notes; empty when it is not among them.
std::string build_id_in(Elf_Data* notes) {
  GElf_Nhdr note;
  std::size_t name = 0;
  std::size_t content = 0;
  std::size_t at = 0;
  while (notes != nullptr && (at = gelf_getnote(notes, at, &note, &name, &content)) != 0) {
    const auto* const bytes = static_cast<const unsigned char*>(notes->d_buf);
    const bool is_it = note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
                       std::memcmp(bytes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0;
    if (!is_it) continue;
    std::string text;
    for (std::size_t i = 0; i < note.n_descsz; ++i)
      text += fmt::format("{:02x}", bytes[content + i]);
    return text;
  }
  return "";
}

std::string build_id_in_sections(Elf* elf) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
    if (std::string id = build_id_in(elf_getdata(section, nullptr)); !id.empty()) return id;
  }
  return "";
}

// Where the sections were stripped.
std::string build_id_in_segments(Elf* elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return "";
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_NOTE) continue;
    const Elf_Type type = header.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data* const notes = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(header.p_offset),
                                                 header.p_filesz, type);
    if (std::string id = build_id_in(notes); !id.empty()) return id;
  }
  return "";
}

}  // namespace

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

// By libelf alone: libdw's own functions for it would bring three more libraries into
// programs that need nothing else of them.
std::string ElfFile::build_id() const {
  const std::string id = build_id_in_sections(elf_.get());
  return id.empty() ? build_id_in_segments(elf_.get()) : id;
}

// The section is a name that ends with 0, zeros up to a multiple of 4, and the checksum.
std::optional<ElfFile::DebugLink> ElfFile::debug_link() const {
  Elf_Scn* const section = find_section(".gnu_debuglink");
  const Elf_Data* const data = section == nullptr ? nullptr : elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  const std::string_view name = bytes.substr(0, bytes.find('\0'));
  const std::size_t at = (name.size() + 4) / 4 * 4;
  if (name.empty() || at + 4 > bytes.size()) return std::nullopt;
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + at, sizeof crc);
  const bool big = elf_getident(elf_.get(), nullptr)[EI_DATA] == ELFDATA2MSB;
  if (big != (std::endian::native == std::endian::big)) crc = __builtin_bswap32(crc);
  return DebugLink{.name = std::string(name), .crc = crc};
}

Elf_Scn* ElfFile::find_section(const char* name) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return nullptr;
  for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf_.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* const mine = elf_strptr(elf_.get(), names, header.sh_name);
    if (mine != nullptr && std::strcmp(mine, name) == 0) return section;
  }
  return nullptr;
}

bool ElfFile::has_section(const char* name) const { return find_section(name) != nullptr; }

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t offset) const {
  for (const Segment& segment : segments_) {
    if (offset >= segment.offset && offset - segment.offset < segment.size) {
      return offset - segment.offset + segment.address;
    }
  }
  return std::nullopt;
}

}  // namespace tidemark
