#include "tools/pressure/engine/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>

#include "lib/base/error.h"
#include "tools/pressure/protocols/libpq.h"

namespace tidemark::pressure {
namespace {

using Kind = load::Target::Kind;

bool is_loopback(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in address;
    std::memcpy(&address, &storage, sizeof address);
    return ntohl(address.sin_addr.s_addr) >> 24 == 127;
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address;
    std::memcpy(&address, &storage, sizeof address);
    return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
  }
  return storage.ss_family == AF_UNIX;
}

Addresses::Address unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    throw UsageError(fmt::format("{}: a unix socket's path has at most {} bytes", path,
                                 sizeof address.sun_path - 1));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Addresses::Address found{.length = sizeof address, .loopback = true};
  std::memcpy(&found.storage, &address, sizeof address);
  return found;
}

std::vector<Addresses::Address> looked_up(const std::string& host, std::uint16_t port, int type) {
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int result = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (result != 0) throw Error(fmt::format("{}: {}", host, gai_strerror(result)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
  std::vector<Addresses::Address> found;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    Addresses::Address address{.length = one->ai_addrlen};
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.loopback = is_loopback(address.storage);
    address.host = host;
    found.push_back(address);
  }
  return found;
}

std::vector<Addresses::Address> of_postgres(const std::string& words) {
  std::vector<Addresses::Address> found;
  for (const auto& [host, port] : postgres_places(words)) {
    if (host.starts_with('/') || host.starts_with('@')) {
      found.push_back(unix_address(fmt::format("{}/.s.PGSQL.{}", host, port)));
    } else {
      std::ranges::move(looked_up(host, port, SOCK_STREAM), std::back_inserter(found));
    }
  }
  return found;
}

}  // namespace

Addresses Addresses::of(const load::Target& target) {
  Addresses addresses;
  if (target.kind == Kind::kPostgres) {
    addresses.all_ = of_postgres(target.prefix);
    return addresses;
  }
  if (target.kind == Kind::kUdp) addresses.type_ = SOCK_DGRAM;
  if (target.host.empty()) {
    addresses.all_ = {unix_address(target.socket)};
  } else {
    addresses.all_ = looked_up(target.host, target.port, addresses.type_);
  }
  return addresses;
}

int Addresses::connect(std::size_t attempt) const {
  const Address& address = all_.at(attempt % all_.size());
  const int fd = socket(address.storage.ss_family, type_ | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (type_ == SOCK_STREAM && address.storage.ss_family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  sockaddr_storage storage = address.storage;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), address.length) == 0) return fd;
  // A unix socket whose queue is full says EAGAIN, and is not being connected.
  if (errno == EINPROGRESS) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

void require_ours(const load::Target& target, const Addresses& addresses,
                  const std::vector<std::string>& owned) {
  if (std::ranges::find(owned, target.host) != owned.end()) return;
  for (const Addresses::Address& address : addresses.all()) {
    if (address.loopback || std::ranges::find(owned, address.host) != owned.end()) continue;
    throw UsageError(
        fmt::format("{}: not this machine, and load on a server that is not yours is an attack",
                    address.host),
        fmt::format("if it is yours: --i-own-this-target {}", address.host));
  }
}

}  // namespace tidemark::pressure
