#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/soak/columns.h"
#include "tools/leakwatch/watch/proc_reader.h"

namespace tidemark::leakwatch {

// The cgroup with this path ("/system.slice/redis.service", or its directory);
// version 2, or the memory controller's of version 1. Throws UsageError when there
// is none.
std::filesystem::path cgroup_at(std::string_view path,
                                const std::filesystem::path& root = "/sys/fs/cgroup");

// The cgroup of a systemd unit, or of a container, of which the first figures of the
// id are enough (docker, podman, containerd, cri-o); nothing when there is none now.
std::optional<std::filesystem::path> cgroup_of_unit(
    std::string_view unit, const std::filesystem::path& root = "/sys/fs/cgroup");
std::optional<std::filesystem::path> cgroup_of_container(
    std::string_view id, const std::filesystem::path& root = "/sys/fs/cgroup");

// The most memory that the cgroup may use; nothing when it is not limited.
std::optional<std::int64_t> limit_of(const std::filesystem::path& cgroup);

// The processes in the cgroup and all below it; nothing when it is gone.
std::optional<std::vector<pid_t>> processes_in(const std::filesystem::path& cgroup);

// Fills in the columns that the kernel accounts to the cgroup.
void read_cgroup(ProcReader& reader, const std::filesystem::path& cgroup, soak::Values& values);

}  // namespace tidemark::leakwatch
