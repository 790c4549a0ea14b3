#include "lib/symbolize/debug_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <system_error>

namespace tidemark {
namespace {

namespace fs = std::filesystem;

std::uint32_t crc_of(const fs::path& path) {
  const File file = read_file(path);
  const std::string_view bytes = file.bytes();
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::optional<ElfFile> by_build_id(const std::string& id,
                                   const std::vector<fs::path>& directories) {
  if (id.size() < 4) return std::nullopt;
  for (const fs::path& directory : directories) {
    std::string why;
    std::optional<ElfFile> file =
        ElfFile::open(directory / ".build-id" / id.substr(0, 2) / (id.substr(2) + ".debug"), why);
    if (file && file->build_id() == id) return file;
  }
  return std::nullopt;
}

bool belongs(const ElfFile& file, const std::string& build_id, std::uint32_t crc) {
  if (!build_id.empty() && file.build_id() == build_id) return true;
  try {
    return crc_of(file.path()) == crc;
  } catch (const std::exception&) {
    return false;  // unreadable is as good as not there
  }
}

}  // namespace

std::optional<ElfFile> find_debug_file(const ElfFile& module,
                                       const std::vector<fs::path>& directories,
                                       std::vector<std::string>& warnings) {
  const std::string id = module.build_id();
  if (std::optional<ElfFile> file = by_build_id(id, directories)) return file;

  const std::optional<ElfFile::DebugLink> link = module.debug_link();
  // It is a file name; anything with a directory in it is not to be trusted.
  if (!link || link->name.find('/') != std::string::npos) return std::nullopt;
  std::error_code ignored;
  const fs::path home = fs::absolute(module.path(), ignored).parent_path();
  std::vector<fs::path> places = {home / link->name, home / ".debug" / link->name};
  for (const fs::path& directory : directories) {
    places.push_back(directory / home.relative_path() / link->name);
  }
  for (const fs::path& place : places) {
    if (fs::equivalent(place, module.path(), ignored)) continue;
    std::string why;
    std::optional<ElfFile> file = ElfFile::open(place, why);
    if (!file) continue;
    if (belongs(*file, id, link->crc)) return file;
    warnings.push_back(
        fmt::format("{}: belongs to another build of {}", place.string(), module.path().string()));
  }
  return std::nullopt;
}

}  // namespace tidemark
