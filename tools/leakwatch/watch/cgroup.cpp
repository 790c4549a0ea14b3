#include "tools/leakwatch/watch/cgroup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProcs = "cgroup.procs";
constexpr std::size_t kShortestId = 4;
constexpr int kDeepest = 32;
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

bool is_cgroup(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / kProcs, error);
}

// Where cgroups that account for memory start: version 1 has a directory for each
// controller. A version 2 tree beside it has the names of units all the same.
std::vector<fs::path> hierarchies(const fs::path& root) {
  std::vector<fs::path> out;
  if (is_cgroup(root)) out.push_back(root);
  for (const char* name : {"memory", "unified", "systemd"}) {
    if (is_cgroup(root / name)) out.push_back(root / name);
  }
  return out;
}

std::optional<fs::path> find_below(const fs::path& root,
                                   const std::function<bool(const std::string&)>& matches) {
  std::error_code error;
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied,
                                         error);
  std::vector<fs::path> found;
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry.depth() > kDeepest) entry.pop();
    if (!entry->is_directory(error) || error) continue;
    if (!matches(entry->path().filename().string())) continue;
    found.push_back(entry->path());
    entry.disable_recursion_pending();
  }
  if (found.empty()) return std::nullopt;
  return *std::ranges::min_element(found);
}

// The number behind "`name` " at the start of a line.
std::optional<std::int64_t> field(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      return to_number(line.substr(name.size() + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return to_number(text);
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234"
std::optional<std::int64_t> pressure_total(std::string_view text) {
  const std::size_t total = text.find("total=");
  if (!text.starts_with("some ") || total == std::string_view::npos) return std::nullopt;
  text.remove_prefix(total + 6);
  return to_number(text.substr(0, text.find('\n')));
}

struct Place {
  const char* file;
  const char* field;  // "": the whole file is the number
  soak::Column column;
};

// Version 2, and version 1's names for the same.
constexpr std::array kPlaces = {
    Place{"memory.current", "", soak::Column::kCgroupCurrent},
    Place{"memory.stat", "anon", soak::Column::kCgroupAnon},
    Place{"memory.stat", "file", soak::Column::kCgroupFile},
    Place{"memory.stat", "kernel", soak::Column::kCgroupKernel},
    Place{"memory.swap.current", "", soak::Column::kCgroupSwap},
    Place{"memory.events", "high", soak::Column::kCgroupHigh},
    Place{"memory.events", "max", soak::Column::kCgroupMax},
    Place{"memory.events", "oom_kill", soak::Column::kOomKills},
    Place{"memory.usage_in_bytes", "", soak::Column::kCgroupCurrent},
    Place{"memory.stat", "total_rss", soak::Column::kCgroupAnon},
    Place{"memory.stat", "total_cache", soak::Column::kCgroupFile},
    Place{"memory.stat", "total_swap", soak::Column::kCgroupSwap},
    Place{"memory.kmem.usage_in_bytes", "", soak::Column::kCgroupKernel},
    Place{"memory.failcnt", "", soak::Column::kCgroupMax},
    Place{"memory.oom_control", "oom_kill", soak::Column::kOomKills},
};

}  // namespace

fs::path cgroup_at(std::string_view path, const fs::path& root) {
  fs::path given(path);
  if (given.is_absolute() && is_cgroup(given)) return given;
  for (const fs::path& hierarchy : hierarchies(root)) {
    fs::path inside = hierarchy / given.relative_path();
    if (is_cgroup(inside)) return inside;
  }
  throw UsageError(fmt::format("--cgroup: no cgroup {} on this machine", tidemark::quoted(path)),
                   "give its directory below /sys/fs/cgroup");
}

std::optional<fs::path> cgroup_of_unit(std::string_view unit, const fs::path& root) {
  const std::string name = unit.find('.') == std::string_view::npos
                               ? fmt::format("{}.service", unit)
                               : std::string(unit);
  for (const fs::path& hierarchy : hierarchies(root)) {
    auto found =
        find_below(hierarchy, [&](const std::string& directory) { return directory == name; });
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<fs::path> cgroup_of_container(std::string_view id, const fs::path& root) {
  if (id.size() < kShortestId ||
      id.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    throw UsageError(
        fmt::format("--container: expected the id of a container, at least {} "
                    "hexadecimal figures, found {}",
                    kShortestId, tidemark::quoted(id)));
  }
  // "docker-1234abcd….scope", "libpod-…", "crio-…", "cri-containerd-…", or the id alone.
  const auto matches = [&](const std::string& directory) {
    if (directory.starts_with(id)) return true;
    const std::size_t dash = directory.rfind('-');
    return dash != std::string::npos &&
           std::string_view(directory).substr(dash + 1).starts_with(id);
  };
  for (const fs::path& hierarchy : hierarchies(root)) {
    if (auto found = find_below(hierarchy, matches)) return found;
  }
  return std::nullopt;
}

std::optional<std::int64_t> limit_of(const fs::path& cgroup) {
  for (const char* name : {"memory.max", "memory.limit_in_bytes"}) {
    const auto text = read_kernel_file(cgroup / name);
    const auto limit = text ? number_in(*text) : std::nullopt;
    // Version 1 says "none" by a number beyond every memory.
    if (limit && *limit < kNoLimit) return limit;
  }
  return std::nullopt;
}

std::optional<std::vector<pid_t>> processes_in(const fs::path& cgroup) {
  if (!is_cgroup(cgroup)) return std::nullopt;
  std::vector<pid_t> out;
  const auto add = [&](const fs::path& directory) {
    const auto text = read_kernel_file(directory / kProcs);
    if (!text) return;
    for (const std::string_view word : fields(*text)) {
      if (const auto pid = to_number(word); pid && *pid > 0) {
        out.push_back(static_cast<pid_t>(*pid));
      }
    }
  };
  add(cgroup);
  std::error_code error;
  fs::recursive_directory_iterator entry(cgroup, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_directory(error)) add(entry->path());
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void read_cgroup(ProcReader& reader, const fs::path& cgroup, soak::Values& values) {
  const char* read = "";
  std::string_view text;
  std::array<char, 4096> path{};
  for (const Place& place : kPlaces) {
    if (values.knows(place.column)) continue;
    if (std::string_view(read) != place.file) {
      const auto end =
          fmt::format_to_n(path.data(), path.size() - 1, "{}/{}", cgroup.native(), place.file);
      *end.out = '\0';
      text = reader.text(path.data());
      read = place.file;
    }
    const auto value = *place.field == '\0' ? number_in(text) : field(text, place.field);
    if (value) values.set(place.column, *value);
  }
  const auto end =
      fmt::format_to_n(path.data(), path.size() - 1, "{}/memory.pressure", cgroup.native());
  *end.out = '\0';
  if (const auto total = pressure_total(reader.text(path.data()))) {
    values.set(soak::Column::kCgroupPressure, *total);
  }
}

}  // namespace tidemark::leakwatch
