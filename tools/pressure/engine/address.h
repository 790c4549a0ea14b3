#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "lib/load/scenario.h"

namespace tidemark::pressure {

// The socket addresses of a target, looked up once so that no request waits for a
// resolver.
class Addresses {
 public:
  struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    bool loopback = false;  // 127.0.0.0/8, ::1, a unix socket
    std::string host = {};  // as the user named it; empty: a unix socket
  };

  // Throws Error when the name is not known. For PostgreSQL they say only where libpq, which
  // looks up by itself, will connect to.
  static Addresses of(const load::Target& target);

  const std::vector<Address>& all() const { return all_; }

  // A socket that connects to the address, without waiting: non-blocking, close-on-exec,
  // without Nagle's delay; errno says why there is none (-1). The n-th try takes the n-th
  // address, round and round.
  int connect(std::size_t attempt) const;

 private:
  std::vector<Address> all_;
  int type_ = SOCK_STREAM;
};

// Throws UsageError unless the target is this machine or `owned` names its host: load on
// somebody else's server is an attack.
void require_ours(const load::Target& target, const Addresses& addresses,
                  const std::vector<std::string>& owned);

}  // namespace tidemark::pressure
