#include "tools/leakwatch/sites/live_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <system_error>

#include "lib/base/error.h"
#include "lib/process/heap_agent.h"
#include "tools/leakwatch/sites/dump_names.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStart = "heap";
constexpr std::string_view kKeptStart = "heap_";
constexpr std::size_t kRoundDigits = 6;

fs::path live_directory(const fs::path& raw) { return raw / "live"; }

fs::file_time_type written(const fs::path& file) {
  std::error_code gone;
  return fs::last_write_time(file, gone);
}

}  // namespace

fs::path live_prefix(const fs::path& raw) {
  const fs::path directory = live_directory(raw);
  fs::create_directories(directory);
  return directory / kStart;
}

fs::path live_file_of(pid_t pid) {
  for (const fs::path& file : heap_files_of(pid)) {
    try {
      if (is_at_work(heap_header(file))) return file;
    } catch (const Error&) {
      // Another program's file of that name, or of another version.
    }
  }
  return {};
}

std::vector<fs::path> left_files(const fs::path& raw, std::size_t most) {
  std::vector<fs::path> files = heap_files_in(live_directory(raw), kStart);
  std::ranges::stable_sort(files, std::greater<>(), written);
  files.resize(std::min(files.size(), most));
  return files;
}

void remove_live_files(const fs::path& raw) {
  std::error_code ignored;  // somebody else removed them
  fs::remove_all(live_directory(raw), ignored);
}

fs::path kept_name(pid_t pid, std::int64_t round, std::string_view ending) {
  return fmt::format("{}{}.{:0{}}{}", kKeptStart, pid, round, kRoundDigits, ending);
}

bool is_kept(const fs::path& name) {
  const std::string text = name.filename().string();
  if (!text.starts_with(kKeptStart) || dump_name(text).process.empty()) return false;
  const std::size_t dot = text.find('.');
  return text.find('.', dot + 1) == dot + 1 + kRoundDigits;
}

}  // namespace tidemark::leakwatch
