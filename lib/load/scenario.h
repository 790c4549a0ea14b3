#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/file.h"
#include "lib/load/limit.h"
#include "lib/load/template.h"

namespace tidemark::load {

using Duration = std::chrono::nanoseconds;

// "100ms..30s"; a single time is both ends.
struct Span {
  Duration low{0};
  Duration high{0};
};

// Where requests go:
//
//   http://HOST[:PORT][/PREFIX]  https://...  http://unix:SOCKET[:/PREFIX]
//   h2c://... (HTTP/2 with prior knowledge)  h2://... (HTTP/2 over TLS)
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]  redis://[[USER]:PASSWORD@]unix:SOCKET
//   postgres: anything libpq takes: "postgres://..." or "dbname=app host=..."
//   tcp://HOST:PORT  udp://HOST:PORT  unix:SOCKET
struct Target {
  enum class Kind : std::uint8_t { kHttp, kHttp2, kRedis, kPostgres, kTcp, kUdp };
  std::string text;  // as it was written
  Kind kind = Kind::kHttp;
  bool tls = false;
  std::string host;  // empty: a unix socket
  std::uint16_t port = 0;
  std::string socket;
  std::string prefix;    // of paths; "/0" of a redis data base; libpq's words for postgres
  std::string user;      // redis: what AUTH says; empty: the default user's password alone
  std::string password;  // redis; empty: no AUTH
};

enum class Arrivals : std::uint8_t {
  kPoisson,   // open: independent clients, exponential gaps
  kConstant,  // open: equal gaps
  kClosed,    // so many clients, each waits for its answer
};

struct Stage {
  std::string name;
  double rate = 0;   // a second, all requests together; open only
  int clients = 0;   // closed only
  Duration ramp{0};  // from the stage before (from 0 at first), linearly
  Duration hold{0};
};

// What an answer must be. Without one, HTTP wants a status below 400, JSON-RPC no "error",
// Redis no error reply, SQL no error.
struct Expectation {
  std::optional<int> status;          // of HTTP; of SQL: how many rows
  std::string contains;               // in the body
  std::string pointer;                // JSON pointer (RFC 6901) that must be there
  std::optional<std::string> equals;  // what stands there, as text
};

// Takes something out of an answer for later templates of the same session.
struct Capture {
  std::string name;
  std::string pointer;  // a JSON pointer into the body; or
  std::string header;   // a header's name
};

struct HttpRequest {
  std::string method = "GET";
  Template path;  // the target's prefix included
  std::vector<std::pair<std::string, Template>> headers;
  Template body;
  bool json_rpc = false;
};
struct RedisCommand {
  std::vector<Template> words;
};
struct SqlCommand {
  enum class Mode : std::uint8_t { kSimple, kPrepared };
  Mode mode = Mode::kPrepared;
  std::string text;  // "select abalance from pgbench_accounts where aid = $1"
  std::vector<Template> parameters;
};
struct RawMessage {
  Template send;
  std::string until;  // the answer ends with these bytes; empty: with `bytes`, or the connection
  std::int64_t bytes = 0;
};
using Action = std::variant<HttpRequest, RedisCommand, SqlCommand, RawMessage>;

// One line of a mix. `name` labels its histograms.
struct Request {
  std::string name;
  double weight = 1;
  Action action;
  Expectation expect;
  std::vector<Capture> captures;
  Span think;  // after the answer, before this client's next request
};

// A kind of user. A scenario with one plain [mix] has one persona without a name.
// With `session`, an arrival is a visit that makes these requests in order (places in
// `mix`) on one connection; without, each arrival is one request drawn by weight.
struct Persona {
  std::string name;
  double share = 1;
  std::vector<Request> mix;
  std::vector<std::size_t> session;
};

// Clients that live next to the mix, each with its own histograms.
struct SseClients {
  std::string path;
  int clients = 1;
  Span backoff;
  bool ordered = false;
  bool lossless = false;
  std::string stamp =
      "/at_ms";  // JSON pointer to the sending time, ms since the epoch, in the data
  std::string sequence = "/seq";
};
struct WebSocketClients {
  std::string path;
  int clients = 1;
  Span every;
  Template send;
  std::string ack;  // the member of an answer that names what it answers: "seq"
  Duration timeout{std::chrono::seconds(5)};
};
struct SqlClients {
  std::string connection;
  int clients = 1;
  int pipeline = 1;
  std::string file;  // statements, with weights: docs/pressure.md
};
struct FileClients {
  enum class Kind : std::uint8_t { kCoding, kRefactor, kGit };
  std::string directory;
  Kind kind = Kind::kCoding;
  int clients = 1;
  Span every;
  std::string visible;  // a request's name with "has ${marker}", or "command: ..."
  std::string queue;    // "/watches#queue_depth": a path and a JSON pointer into its answer
};
struct Program {  // any other driver or script as a source of load
  std::vector<std::string> command;
  bool repeat = false;
};
struct Beside {
  std::string name;
  std::variant<SseClients, WebSocketClients, SqlClients, FileClients, Program> what;
};

// "pause 1s", "connections 5000", "memory 1GiB 30s", "reset 5%": a word and its arguments.
struct Injection {
  std::string text;
  std::string kind;
  std::vector<std::string> arguments;
};
struct Fault {
  Duration at{0};
  std::optional<Duration> every;
  std::vector<Injection> inject;
};

// How the target is started, when it is not there already.
struct LaunchPlan {
  std::vector<std::string> command;
  std::string under = "none";
  std::string ready_path;  // GET until it answers; empty: until the port is open
  Duration ready_within{std::chrono::seconds(30)};
};

struct GuardPlan {
  double memory = 0.85;
  std::optional<double> cpu;
  std::int64_t disk_free = 0;
  Duration within{std::chrono::seconds(10)};
};

// A concurrency ladder: closed stages with 1, 2, 5, 10, ... clients.
struct Ladder {
  std::vector<int> clients;
  Duration hold{std::chrono::seconds(10)};
};

struct LoadPlan {
  Arrivals arrivals = Arrivals::kPoisson;
  std::vector<Stage> stages;
  std::optional<Ladder> ladder;  // instead of stages
  int connections = 1000;        // at most
  int pipeline = 1;              // requests under way on one HTTP/1 connection
  int streams = 1;               // on one HTTP/2 connection
  Duration timeout{std::chrono::seconds(5)};
  Limit send_lag;  // "p99 < 1ms": beyond it the run is not a measurement
  bool verify_tls = true;
};

struct Scenario {
  std::string name;  // of the file
  std::optional<Target> target;
  std::optional<std::int64_t> pid;  // whose memory is watched; or `launch`
  std::optional<LaunchPlan> launch;
  std::uint64_t seed = 1;
  std::vector<std::string> out;
  GuardPlan guard;
  LoadPlan load;
  std::vector<Persona> personas;
  std::vector<Beside> beside;
  std::vector<Fault> faults;
  std::vector<Limit> pass;
};

// What a request's answers are counted under: "search", or "buyer.search" when its
// persona has a name.
std::string label_of(const Persona& persona, const Request& request);

// Reads a scenario file (TOML; docs/pressure.md names every key). Throws UsageError with
// file, line and column, and for an unknown key the one that was probably meant. `target`,
// unless it is empty, stands for the file's: --target on the command line.
Scenario parse_scenario(const Input& input, std::string_view target = {});

// Throws UsageError for one that is none of the above, which names `what`.
Target parse_target(std::string_view text, std::string_view what);

// The stages that run: those of the file, or a closed one for each rung of the ladder
// ("1 client", "2 clients", ...).
std::vector<Stage> stages_of(const LoadPlan& load);

// How long all of stages_of() take; nothing when there are none.
Duration length_of(const LoadPlan& load);

}  // namespace tidemark::load
