#include "lib/symbolize/mapped_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeleted = " (deleted)";
constexpr std::string_view kVdso = "[vdso]";

// perf's cache: DIRECTORY/.build-id/ab/cdef.../elf, or vdso.
std::optional<ElfFile> cached(const std::string& build_id, const fs::path& build_cache) {
  if (build_id.size() < 4 || build_cache.empty()) return std::nullopt;
  const fs::path entry = build_cache / ".build-id" / build_id.substr(0, 2) / build_id.substr(2);
  for (const char* const name : {"elf", "vdso"}) {
    std::string why;
    std::optional<ElfFile> file = ElfFile::open(entry / name, why);
    if (file && file->build_id() == build_id) return file;
  }
  return std::nullopt;
}

// What is at `path` now, of whatever build.
std::optional<ElfFile> present(const std::string& path, const fs::path& root, std::string& why) {
  if (path == kVdso) return running_vdso();
  const std::size_t end = path.ends_with(kDeleted) ? kDeleted.size() : 0;
  return ElfFile::open(below(root, path.substr(0, path.size() - end)), why);
}

}  // namespace

// The kernel maps all of it, section headers last.
std::optional<ElfFile> running_vdso() {
  const unsigned long start = getauxval(AT_SYSINFO_EHDR);
  if (start == 0) return std::nullopt;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel tells
  const char* const bytes = reinterpret_cast<const char*>(start);
  Elf64_Ehdr header;
  std::memcpy(&header, bytes, sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return std::nullopt;
  const std::size_t size = header.e_shoff + std::size_t{header.e_shentsize} * header.e_shnum;
  return ElfFile::of_bytes("[vdso]", std::string(bytes, size));
}

bool is_file(const std::string& path) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  const bool made = (name.starts_with("perf-") && name.ends_with(".map")) ||
                    (name.starts_with("jit-") && name.ends_with(".dump"));
  return path.starts_with('/') && !made && !path.starts_with("//") &&
         !path.starts_with("/memfd:") && !path.starts_with("/dev/") && !path.starts_with("/SYSV");
}

std::string below(const fs::path& root, const std::string& path) {
  return root.empty() ? path : (root / fs::path(path).relative_path()).string();
}

fs::path default_build_cache() {
  const char* const home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? fs::path() : fs::path(home) / ".debug";
}

std::optional<ElfFile> open_mapped(const std::string& path, const std::string& build_id,
                                   const MappedPlaces& places, std::string& why) {
  if (path != kVdso && !is_file(path)) {
    why = "no file";
    return std::nullopt;
  }
  if (build_id.empty()) {
    why = path == kVdso ? "its build is not known" : "deleted";
    return path == kVdso || path.ends_with(kDeleted) ? std::nullopt
                                                     : ElfFile::open(below(places.root, path), why);
  }
  if (std::optional<ElfFile> file = present(path, places.root, why)) {
    const std::string id = file->build_id();
    if (id == build_id) return file;
    why = fmt::format("replaced since: build id {} was profiled, {} is there", build_id,
                      id.empty() ? "none" : id);
  }
  return cached(build_id, places.build_cache);
}

}  // namespace tidemark
