#include "lib/process/own_tool.h"

#include <array>
#include <system_error>

#include "lib/process/command.h"

namespace tidemark {

namespace fs = std::filesystem;

fs::path own_directory() {
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  return failed ? fs::path() : self.parent_path();
}

std::optional<fs::path> find_own_tool(std::string_view name) {
  const fs::path here = own_directory();
  if (!here.empty()) {
    const std::array<fs::path, 2> beside = {here / name, here.parent_path() / name / name};
    for (const fs::path& path : beside) {
      std::error_code absent;
      if (fs::is_regular_file(path, absent)) return path;
    }
  }
  return find_program(name);
}

}  // namespace tidemark
