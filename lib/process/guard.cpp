#include "lib/process/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What follows `key` on its line, up to a blank; "" without such a line.
std::string_view value_after(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text.substr(at).starts_with(key)) {
      std::string_view value = text.substr(at + key.size());
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      return value.substr(0, value.find_first_of(" \n"));
    }
    if (text.find('\n', at) == std::string_view::npos) break;
  }
  return "";
}

std::int64_t number_after(std::string_view text, std::string_view key) {
  return to_number(value_after(text, key)).value_or(0);
}

// The number that a file holds; nothing for "max" and for files that are not there.
std::optional<std::int64_t> number_in(const fs::path& path) {
  std::string text = read_kernel_file(path).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return to_number(text);
}

struct Usage {
  std::int64_t limit = 0;
  std::int64_t used = 0;
};

// The names under which versions 2 and 1 keep the same things.
struct Files {
  std::string_view limit;
  std::string_view used;
  std::string_view file_cache;  // in memory.stat: what the kernel can drop
};
constexpr Files kVersion2 = {"memory.max", "memory.current", "inactive_file "};
constexpr Files kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                             "total_inactive_file "};

// The group, of `group` and those above it, that has the least left.
std::optional<Usage> tightest(const fs::path& mount, fs::path group, const Files& files) {
  std::optional<Usage> result;
  // In a container the path names what only the host sees; then the mount is ours.
  if (!fs::is_directory(mount / group.relative_path())) group = "/";
  while (true) {
    const fs::path directory = mount / group.relative_path();
    const auto limit = number_in(directory / files.limit);
    const auto used = number_in(directory / files.used);
    if (limit && used) {
      const std::string stat = read_kernel_file(directory / "memory.stat").value_or("");
      const std::int64_t needed = *used - std::min(*used, number_after(stat, files.file_cache));
      if (!result || *limit - needed < result->limit - result->used) {
        result = {.limit = *limit, .used = needed};
      }
    }
    if (group == "/" || group.empty()) return result;
    group = group.parent_path();
  }
}

// /proc/self/cgroup has lines such as "4:memory:/a/b" and "0::/a/b".
std::optional<Usage> cgroup_usage(const fs::path& root) {
  const std::string groups = read_kernel_file(root / "proc/self/cgroup").value_or("");
  for (std::string_view rest = groups; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    std::optional<Usage> usage;
    if (controllers == "memory") {
      usage = tightest(root / "sys/fs/cgroup/memory", group, kVersion1);
    } else if (controllers.empty()) {
      usage = tightest(root / "sys/fs/cgroup", group, kVersion2);
    }
    if (usage) return usage;
  }
  return std::nullopt;
}

std::string gib(std::int64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
}

}  // namespace

HostReading read_host(const fs::path& root) {
  HostReading reading;
  const std::string memory = read_kernel_file(root / "proc/meminfo").value_or("");
  reading.memory_bytes = number_after(memory, "MemTotal:") * 1024;
  reading.available_bytes = number_after(memory, "MemAvailable:") * 1024;
  const auto group = cgroup_usage(root);
  if (group && group->limit > 0 && group->limit < reading.memory_bytes) {
    reading.cgroup_limit_bytes = group->limit;
    reading.cgroup_used_bytes = group->used;
  }
  const std::string pressure = read_kernel_file(root / "proc/pressure/cpu").value_or("");
  reading.cpu_pressure = to_double(value_after(pressure, "some avg10="));
  return reading;
}

std::optional<std::string> Guard::check(const HostReading& reading) {
  const std::optional<std::string> reason = beyond(reading);
  beyond_ = reason ? beyond_ + 1 : 0;
  return beyond_ >= limits_.polls ? reason : std::nullopt;
}

std::optional<std::string> Guard::beyond(const HostReading& reading) const {
  const auto share_beyond = [&](std::int64_t used, std::int64_t all, std::string_view whose) {
    const double share =
        static_cast<double>(used) / static_cast<double>(std::max<std::int64_t>(all, 1));
    std::optional<std::string> reason;
    if (all > 0 && share > limits_.memory) {
      reason = fmt::format("{:.0f} % of the {}'s {} of memory are in use, the limit is {:.0f} %",
                           share * 100, whose, gib(all), limits_.memory * 100);
    }
    return reason;
  };
  const std::int64_t used = reading.memory_bytes - reading.available_bytes;
  if (auto reason = share_beyond(used, reading.memory_bytes, "host")) return reason;
  if (auto reason =
          share_beyond(reading.cgroup_used_bytes, reading.cgroup_limit_bytes, "control group")) {
    return reason;
  }
  if (limits_.cpu_pressure && reading.cpu_pressure.value_or(0) > *limits_.cpu_pressure) {
    return fmt::format("programs waited for a CPU {:.0f} % of the last 10 s, the limit is {:.0f} %",
                       *reading.cpu_pressure, *limits_.cpu_pressure);
  }
  return std::nullopt;
}

}  // namespace tidemark
