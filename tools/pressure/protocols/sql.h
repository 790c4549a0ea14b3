#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/pressure/engine/call.h"
#include "tools/pressure/protocols/pending.h"
#include "tools/pressure/protocols/postgres_connection.h"

namespace tidemark::pressure {

// One connection to PostgreSQL; the driver's connections are the pool. One statement at a
// time: prepared once and executed by name, or as simple text, which may hold several
// statements. A transaction that an error left open is rolled back before the next call.
//
// To expectations, `status` is the number of rows (returned, or changed), `contains` looks
// into the first column, and a pointer is "/ROW/COLUMN", the column by place or name. An
// error is kStatus, a server that goes away kClosed.
class SqlClient {
 public:
  SqlClient(const ClientContext& context, Finished finished);

  void begin(const Call& call);
  int capacity() const { return pending_.empty() ? 1 : 0; }
  void expire(Time now);
  void close();
  int fd() const { return connection_.fd(); }

 private:
  enum class Step : std::uint8_t { kPrepare, kAsk, kRollBack };

  void send();
  std::size_t statement_of(const load::Request& request);
  void take_results();
  void taken(PostgresResult result);
  void step_over();
  void finish();
  void drop(load::Failure failure);

  ClientContext context_;
  Finished finished_;
  PostgresConnection connection_;
  Pending pending_;
  Step step_ = Step::kAsk;
  Outcome outcome_;        // so far
  PostgresResult result_;  // the last of the answer, when something looks into it
  std::vector<const load::Request*> prepared_;  // on this connection; by number
  std::vector<std::string> parameters_;
  std::vector<const char*> pointers_;
};

}  // namespace tidemark::pressure
