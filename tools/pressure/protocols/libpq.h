#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tidemark::pressure {

// The functions of libpq that we use. The library is loaded when it is first asked for:
// with all that it needs it would take more memory than the rest of a small run.
struct Libpq {
  decltype(&PQpingParams) ping_params = nullptr;
  decltype(&PQconnectStartParams) connect_start_params = nullptr;
  decltype(&PQconnectPoll) connect_poll = nullptr;
  decltype(&PQconninfoParse) conninfo_parse = nullptr;
  decltype(&PQconndefaults) conndefaults = nullptr;
  decltype(&PQconninfoFree) conninfo_free = nullptr;
  decltype(&PQfreemem) freemem = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQstatus) status = nullptr;
  decltype(&PQtransactionStatus) transaction_status = nullptr;
  decltype(&PQsocket) socket = nullptr;
  decltype(&PQerrorMessage) error_message = nullptr;
  decltype(&PQsetNoticeReceiver) set_notice_receiver = nullptr;
  decltype(&PQsetnonblocking) setnonblocking = nullptr;
  decltype(&PQflush) flush = nullptr;
  decltype(&PQconsumeInput) consume_input = nullptr;
  decltype(&PQisBusy) is_busy = nullptr;
  decltype(&PQsendQuery) send_query = nullptr;
  decltype(&PQsendQueryParams) send_query_params = nullptr;
  decltype(&PQsendPrepare) send_prepare = nullptr;
  decltype(&PQsendQueryPrepared) send_query_prepared = nullptr;
  decltype(&PQenterPipelineMode) enter_pipeline_mode = nullptr;
  decltype(&PQpipelineSync) pipeline_sync = nullptr;
  decltype(&PQgetResult) get_result = nullptr;
  decltype(&PQclear) clear = nullptr;
  decltype(&PQresultStatus) result_status = nullptr;
  decltype(&PQresultErrorField) result_error_field = nullptr;
  decltype(&PQntuples) ntuples = nullptr;
  decltype(&PQnfields) nfields = nullptr;
  decltype(&PQfnumber) fnumber = nullptr;
  decltype(&PQgetvalue) getvalue = nullptr;
  decltype(&PQgetlength) getlength = nullptr;
  decltype(&PQgetisnull) getisnull = nullptr;
  decltype(&PQcmdTuples) cmd_tuples = nullptr;
};

// Throws Error that names the package when the library is not there.
const Libpq& libpq();

// Where libpq would connect to with these words ("postgres://...", "dbname=app"), its
// environment and its service file considered: a host's name, an address, or a directory of
// unix sockets, which begins with '/' or '@'.
struct PostgresPlace {
  std::string host;
  std::uint16_t port = 5432;
};

// Throws UsageError when libpq does not understand the words.
std::vector<PostgresPlace> postgres_places(const std::string& words);

struct FinishPostgres {
  void operator()(PGconn* connection) const { libpq().finish(connection); }
};
using PostgresHandle = std::unique_ptr<PGconn, FinishPostgres>;

struct ClearResult {
  void operator()(PGresult* result) const { libpq().clear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

}  // namespace tidemark::pressure
