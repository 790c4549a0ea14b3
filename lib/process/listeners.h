#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace tidemark {

// A socket that accepts connections.
struct Listener {
  std::uint64_t inode = 0;
  std::uint16_t port = 0;  // 0: a Unix socket
};

// All that listen in the network namespace of `pid`.
std::vector<Listener> listeners(pid_t pid);

// The inodes of the sockets that `pid` holds; nothing when we may not know.
std::optional<std::set<std::uint64_t>> sockets_of(pid_t pid);

}  // namespace tidemark
