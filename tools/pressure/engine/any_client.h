#pragma once

#include <memory>
#include <variant>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/http1.h"
#include "tools/pressure/protocols/http2.h"
#include "tools/pressure/protocols/raw.h"
#include "tools/pressure/protocols/redis.h"
#include "tools/pressure/protocols/sql.h"

namespace tidemark::pressure {

// A client of any protocol that a target may speak: see call.h.
using AnyClient = std::variant<Http1Client, Http2Client, RedisClient, SqlClient, RawClient>;

// Makes the clients of a scenario's target, with what they share.
class ClientMaker {
 public:
  // REQUIRES: all of these outlive the clients. Throws Error: TLS cannot be set up.
  ClientMaker(Loop& loop, const load::Scenario& scenario, const Addresses* addresses);

  std::unique_ptr<AnyClient> make(Finished finished) const;

 private:
  ClientContext context_;
};

}  // namespace tidemark::pressure
