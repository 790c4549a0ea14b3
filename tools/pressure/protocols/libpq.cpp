#include "tools/pressure/protocols/libpq.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <map>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/numbers.h"

namespace tidemark::pressure {
namespace {

template <class Function>
void load(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) {
    throw Error(fmt::format("libpq.so.5: it has no {}, so it is older than PostgreSQL 14", name),
                "apt-get install libpq5");
  }
}

Libpq loaded() {
  void* library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(fmt::format("load on PostgreSQL: {}", dlerror()), "apt-get install libpq5");
  }
  Libpq table;
  load(library, "PQpingParams", table.ping_params);
  load(library, "PQconnectStartParams", table.connect_start_params);
  load(library, "PQconnectPoll", table.connect_poll);
  load(library, "PQconninfoParse", table.conninfo_parse);
  load(library, "PQconndefaults", table.conndefaults);
  load(library, "PQconninfoFree", table.conninfo_free);
  load(library, "PQfreemem", table.freemem);
  load(library, "PQfinish", table.finish);
  load(library, "PQstatus", table.status);
  load(library, "PQtransactionStatus", table.transaction_status);
  load(library, "PQsocket", table.socket);
  load(library, "PQerrorMessage", table.error_message);
  load(library, "PQsetNoticeReceiver", table.set_notice_receiver);
  load(library, "PQsetnonblocking", table.setnonblocking);
  load(library, "PQflush", table.flush);
  load(library, "PQconsumeInput", table.consume_input);
  load(library, "PQisBusy", table.is_busy);
  load(library, "PQsendQuery", table.send_query);
  load(library, "PQsendQueryParams", table.send_query_params);
  load(library, "PQsendPrepare", table.send_prepare);
  load(library, "PQsendQueryPrepared", table.send_query_prepared);
  load(library, "PQenterPipelineMode", table.enter_pipeline_mode);
  load(library, "PQpipelineSync", table.pipeline_sync);
  load(library, "PQgetResult", table.get_result);
  load(library, "PQclear", table.clear);
  load(library, "PQresultStatus", table.result_status);
  load(library, "PQresultErrorField", table.result_error_field);
  load(library, "PQntuples", table.ntuples);
  load(library, "PQnfields", table.nfields);
  load(library, "PQfnumber", table.fnumber);
  load(library, "PQgetvalue", table.getvalue);
  load(library, "PQgetlength", table.getlength);
  load(library, "PQgetisnull", table.getisnull);
  load(library, "PQcmdTuples", table.cmd_tuples);
  return table;
}

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

void add_values(std::map<std::string, std::string>& values, const PQconninfoOption* option) {
  for (; option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') values[option->keyword] = option->val;
  }
}

// Where Debian's libpq looks for a server when no host is named.
constexpr const char* kSockets = "/var/run/postgresql";

// "a,,b" is three; "" is one that is empty.
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

const Libpq& libpq() {
  static const Libpq table = loaded();
  return table;
}

namespace {

// What libpq would make of the words, by keyword.
std::map<std::string, std::string> values_of(const std::string& words) {
  const Libpq& pq = libpq();
  char* trouble = nullptr;
  const Options given(pq.conninfo_parse(words.c_str(), &trouble), pq.conninfo_free);
  if (given == nullptr) {
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(trouble, pq.freemem);
    std::string why = trouble == nullptr ? "no memory" : trouble;
    while (why.ends_with('\n')) why.pop_back();
    throw UsageError(fmt::format("postgres: {}", why));
  }
  std::map<std::string, std::string> values;
  add_values(values, given.get());
  if (values.contains("service")) {
    throw UsageError(fmt::format("postgres: service={} may lead to any host", values["service"]),
                     "say host=, port=, dbname= and user= instead");
  }
  const Options defaults(pq.conndefaults(), pq.conninfo_free);
  add_values(values, defaults.get());
  add_values(values, given.get());
  return values;
}

// The i-th port, or the one that is that of all hosts.
std::uint16_t port_at(const std::vector<std::string>& ports, std::size_t i) {
  const std::size_t place = ports.size() == 1 ? 0 : i;
  const auto port = place < ports.size() ? to_number(ports[place]) : std::nullopt;
  return port && *port > 0 && *port < 65536 ? static_cast<std::uint16_t>(*port) : 5432;
}

}  // namespace

std::vector<PostgresPlace> postgres_places(const std::string& words) {
  std::map<std::string, std::string> values = values_of(words);
  const std::vector<std::string> hosts =
      split(values.contains("hostaddr") ? values["hostaddr"] : values["host"]);
  const std::vector<std::string> ports = split(values["port"]);
  std::vector<PostgresPlace> places;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    places.push_back({.host = hosts[i].empty() ? kSockets : hosts[i], .port = port_at(ports, i)});
  }
  return places;
}

}  // namespace tidemark::pressure
