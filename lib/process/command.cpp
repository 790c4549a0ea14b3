#include "lib/process/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace tidemark {
namespace {

bool is_program(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Command Command::under(std::vector<std::string> wrapper) const {
  Command result = *this;
  wrapper.insert(wrapper.end(), arguments.begin(), arguments.end());
  result.arguments = std::move(wrapper);
  return result;
}

std::optional<std::filesystem::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    if (is_program(name)) return name;
    return std::nullopt;
  }
  const char* const variable = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): only read
  std::string_view path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!name.empty()) {
    const std::size_t end = path.find(':');
    const std::string_view directory = path.substr(0, end);
    // An empty entry is the current directory, as POSIX says.
    const std::filesystem::path found =
        std::filesystem::path(directory.empty() ? "." : directory) / name;
    if (is_program(found)) return found;
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace tidemark
