#pragma once

#include <memory>

#include "tools/pressure/engine/beside.h"

namespace tidemark::pressure {

// Connections to PostgreSQL that work off a file of statements (sql_mix.h), each with up
// to `pipeline` entries under way. Every entry is counted under the clients' name and its
// own, "sql.pay". A transaction is sent in one piece, and what comes after it waits for
// its end, so that one that fails is rolled back before anything else.
class SqlClients {
 public:
  SqlClients(const BesideSetup& setup, const load::SqlClients& plan);
  SqlClients(const SqlClients&) = delete;
  SqlClients& operator=(const SqlClients&) = delete;
  ~SqlClients();

  void start();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::pressure
