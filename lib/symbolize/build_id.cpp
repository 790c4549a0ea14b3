#include "lib/symbolize/build_id.h"

#include <optional>

#include "lib/symbolize/elf_file.h"

namespace tidemark {

std::string build_id_of(const std::filesystem::path& path) {
  std::string why;
  const std::optional<ElfFile> file = ElfFile::open(path, why);
  return file ? file->build_id() : "";
}

}  // namespace tidemark
