#include "lib/base/source.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 20;
constexpr std::size_t kMostColumns = 400;

constexpr std::array<std::string_view, 24> kExtensions = {
    ".c",   ".cc",  ".cpp", ".cxx", ".c++", ".C",  ".h", ".hh", ".hpp", ".hxx", ".inc", ".inl",
    ".ipp", ".tcc", ".y",   ".l",   ".rs",  ".go", ".d", ".m",  ".mm",  ".f90", ".s",   ".S"};

bool is_source(const std::filesystem::path& path) {
  std::error_code error;
  if (std::ranges::find(kExtensions, path.extension().string()) == kExtensions.end()) return false;
  // A symbolic link is followed; what it leads to must be a source file too.
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error || std::ranges::find(kExtensions, real.extension().string()) == kExtensions.end()) {
    return false;
  }
  if (!std::filesystem::is_regular_file(real, error)) return false;
  const std::uintmax_t size = std::filesystem::file_size(real, error);
  return !error && size <= kMostBytes;
}

}  // namespace

std::vector<std::string> source_lines(const std::string& path, std::int64_t first,
                                      std::int64_t last) {
  std::vector<std::string> found;
  if (path.find('\0') != std::string::npos || !is_source(path)) return found;
  try {
    const File file = read_file(path);
    Lines lines(file.name(), file.bytes());
    while (lines.next() && lines.number() <= last) {
      if (lines.number() >= first) found.emplace_back(lines.line().substr(0, kMostColumns));
    }
  } catch (const Error&) {
    found.clear();  // unreadable source is no reason to lose a report
  }
  return found;
}

}  // namespace tidemark
