#include "tools/pressure/faults/cgroup_box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"
#include "lib/process/proc.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;

constexpr int kPeriodUs = 100'000;

// Where groups of ours can be, by version; the same directory twice when two controllers
// of version 1 share one.
struct Places {
  int version = 0;  // 0: nowhere
  fs::path memory;
  fs::path cpu;
  std::string why;  // nowhere
};

// A line of /proc/self/mounts that is a cgroup file system: where, and its options.
struct Mount {
  fs::path at;
  std::string kind;
  std::string options;
};

std::vector<Mount> mounts() {
  std::vector<Mount> found;
  const std::string text = read_kernel_file("/proc/self/mounts").value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto words = fields(line);
    if (words.size() < 4 || !words[2].starts_with("cgroup")) continue;
    found.push_back(
        {.at = words[1], .kind = std::string(words[2]), .options = fmt::format(",{},", words[3])});
  }
  return found;
}

// Our group's path in the hierarchy of `controller`; "" is version 2's.
fs::path own_group(std::string_view controller) {
  const std::string text = read_kernel_file("/proc/self/cgroup").value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string names = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    if (names.find(fmt::format(",{},", controller)) == std::string::npos) continue;
    return fs::path(line.substr(second + 1)).relative_path();
  }
  return {};
}

fs::path parent_in(const Mount& mount, const fs::path& group) {
  std::error_code problem;
  const fs::path own = mount.at / group;
  return fs::is_directory(own, problem) ? own : mount.at;
}

// Version 1: below our own groups, so that their limits hold for it, too.
Places places_of_version_1(const std::vector<Mount>& all) {
  Places places;
  for (const Mount& mount : all) {
    if (mount.kind != "cgroup") continue;
    if (mount.options.find(",memory,") != std::string::npos) {
      places.memory = parent_in(mount, own_group("memory"));
    }
    if (mount.options.find(",cpu,") != std::string::npos) {
      places.cpu = parent_in(mount, own_group("cpu"));
    }
  }
  if (!places.memory.empty() && !places.cpu.empty()) places.version = 1;
  return places;
}

// Whether groups made in `parent` can be limited: its children have both controllers.
bool delegates(const fs::path& parent) {
  const std::string all =
      " " + read_kernel_file(parent / "cgroup.subtree_control").value_or("") + " ";
  const auto has = [&](std::string_view name) {
    const auto words = fields(all);
    return std::ranges::find(words, name) != words.end();
  };
  return has("memory") && has("cpu");
}

// Version 2: processes are only in leaves, so ours goes beside our own group, or as far up
// as it takes.
Places places_of_version_2(const std::vector<Mount>& all) {
  for (const Mount& mount : all) {
    if (mount.kind != "cgroup2") continue;
    for (fs::path group = own_group("");; group = group.parent_path()) {
      const fs::path parent = mount.at / group;
      if (delegates(parent) && ::access(parent.c_str(), W_OK) == 0) {
        return {.version = 2, .memory = parent, .cpu = parent};
      }
      if (group.empty()) break;
    }
  }
  return {};
}

Places find_places() {
  const std::vector<Mount> all = mounts();
  Places places = places_of_version_2(all);
  if (places.version == 0) places = places_of_version_1(all);
  if (places.version != 0) return places;
  places.why = all.empty() ? "no control groups are mounted"
                           : "no control group that we may make groups in has the memory and cpu "
                             "controllers";
  return places;
}

fs::path fresh_name(const fs::path& parent) {
  static int number = 0;
  return parent / fmt::format("tidemark-{}-{}", ::getpid(), ++number);
}

void write_limit(const fs::path& file, const std::string& value) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), value.data(), value.size()) < 0) {
    throw errno_error(file.string());
  }
}

std::string quota(double cpus) {
  return fmt::format("{}", std::max(static_cast<int>(cpus * kPeriodUs), 1000));
}

}  // namespace

std::string CgroupBox::cannot() {
  const Places places = find_places();
  if (places.version == 0) return places.why;
  for (const fs::path& parent : {places.memory, places.cpu}) {
    const fs::path name = fresh_name(parent);
    if (::mkdir(name.c_str(), 0755) != 0) {
      return fmt::format("cannot make a control group in {}: {}", parent.string(),
                         std::strerror(errno));
    }
    ::rmdir(name.c_str());
  }
  return "";
}

void CgroupBox::make(const fs::path& parent) {
  const fs::path name = fresh_name(parent);
  if (::mkdir(name.c_str(), 0755) != 0) throw errno_error(name.string());
  debts_.push_back(custodian_.owe({.kind = Debt::Kind::kCgroup, .path = name}));
  directories_.push_back(name);
}

CgroupBox::CgroupBox(Custodian& custodian, const CgroupLimits& limits) : custodian_(custodian) {
  const Places places = find_places();
  if (places.version == 0) throw Error(places.why);
  const std::string memory = fmt::format("{}", limits.memory_bytes);
  try {
    make(places.memory);
    if (places.version == 2) {
      usage_ = directories_[0] / "memory.current";
      write_limit(directories_[0] / "memory.max", memory);
      write_limit(directories_[0] / "cpu.max", fmt::format("{} {}", quota(limits.cpus), kPeriodUs));
      return;
    }
    make(places.cpu);
    usage_ = directories_[0] / "memory.usage_in_bytes";
    write_limit(directories_[0] / "memory.limit_in_bytes", memory);
    write_limit(directories_[1] / "cpu.cfs_period_us", fmt::format("{}", kPeriodUs));
    write_limit(directories_[1] / "cpu.cfs_quota_us", quota(limits.cpus));
  } catch (const Error&) {
    remove();
    throw;
  }
}

std::string CgroupBox::remove() {
  std::string problem;
  for (const Custodian::Id debt : debts_) {
    const std::string said = custodian_.take_back(debt);
    if (problem.empty()) problem = said;
  }
  debts_.clear();
  return problem;
}

std::int64_t CgroupBox::memory_used() const {
  std::string text = read_kernel_file(usage_).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return to_number(text).value_or(0);
}

}  // namespace tidemark::pressure
