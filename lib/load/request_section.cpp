#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/lines.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

using Target_ = Target::Kind;

enum class Protocol : std::uint8_t { kHttp, kRedis, kSql, kRaw };

// The keys of which a request has one, which says what it is.
struct Kind {
  std::string_view key;
  Protocol protocol;
  std::string_view method;  // of HTTP
};
constexpr std::array kKinds = {
    Kind{"get", Protocol::kHttp, "GET"},   Kind{"post", Protocol::kHttp, "POST"},
    Kind{"put", Protocol::kHttp, "PUT"},   Kind{"delete", Protocol::kHttp, "DELETE"},
    Kind{"head", Protocol::kHttp, "HEAD"}, Kind{"patch", Protocol::kHttp, "PATCH"},
    Kind{"rpc", Protocol::kHttp, "POST"},  Kind{"redis", Protocol::kRedis, ""},
    Kind{"sql", Protocol::kSql, ""},       Kind{"send", Protocol::kRaw, ""},
};

// Keys that go with some kinds only.
struct Companion {
  std::string_view key;
  std::string_view kinds;  // as messages name them, and as they are looked for
};
constexpr std::array kCompanions = {
    Companion{"body", "post, put, patch or delete"},
    Companion{"json", "post, put, patch or delete"},
    Companion{"headers", "get, post, put, delete, head, patch or rpc"},
    Companion{"capture", "get, post, put, delete, head, patch, rpc, redis or sql"},
    Companion{"params", "rpc"},
    Companion{"parameters", "sql"},
    Companion{"mode", "sql"},
    Companion{"until", "send"},
    Companion{"bytes", "send"},
};

bool names(std::string_view kinds, std::string_view kind) {
  for (std::size_t at = kinds.find(kind); at != std::string_view::npos;
       at = kinds.find(kind, at + 1)) {
    const std::size_t end = at + kind.size();
    const bool begins = at == 0 || kinds[at - 1] == ' ';
    if (begins && (end == kinds.size() || kinds[end] == ' ' || kinds[end] == ',')) return true;
  }
  return false;
}

Protocol protocol_of(Target_ kind) {
  switch (kind) {
    case Target_::kHttp:
    case Target_::kHttp2:
      return Protocol::kHttp;
    case Target_::kRedis:
      return Protocol::kRedis;
    case Target_::kPostgres:
      return Protocol::kSql;
    case Target_::kTcp:
    case Target_::kUdp:
      break;
  }
  return Protocol::kRaw;
}

std::string_view protocol_name(Protocol protocol) {
  constexpr std::array<std::string_view, 4> kNames = {"HTTP", "Redis", "PostgreSQL",
                                                      "plain TCP or UDP"};
  return kNames.at(static_cast<std::size_t>(protocol));
}

class RequestReader {
 public:
  RequestReader(const TomlValue& value, const RequestPlace& place) : value_(value), place_(place) {}

  Request read() {
    value_.only(keys::kRequest);
    const Kind& kind = find_kind();
    check_fit(kind);
    Request request;
    request.name = value_.key();
    if (const auto weight = value_.get("weight")) request.weight = weight->number(0, 1e9);
    if (const auto think = value_.get("think")) request.think = span_of(*think);
    switch (kind.protocol) {
      case Protocol::kHttp:
        request.action = read_http(kind);
        break;
      case Protocol::kRedis:
        request.action = read_redis();
        break;
      case Protocol::kSql:
        request.action = read_sql();
        break;
      case Protocol::kRaw:
        request.action = read_raw();
        break;
    }
    if (const auto expect = value_.get("expect")) read_expectation(*expect, kind, request.expect);
    if (const auto capture = value_.get("capture")) read_captures(*capture, request);
    return request;
  }

 private:
  Template filled(const TomlValue& value, std::string_view text,
                  Template::Escape escape = Template::Escape::kNone) const {
    return {text, value.what(), *place_.captures, escape};
  }
  Template filled(const TomlValue& value) const { return filled(value, value.text()); }

  const Kind& find_kind() const {
    const Kind* found = nullptr;
    for (const Kind& kind : kKinds) {
      const auto given = value_.get(kind.key);
      if (!given) continue;
      if (found != nullptr) {
        given->fail_at_key(fmt::format("a request has one of '{}' and '{}'", found->key, kind.key));
      }
      found = &kind;
    }
    if (found == nullptr) {
      value_.fail_at_key("expected what is requested",
                         "one of get, post, put, delete, head, patch, rpc, redis, sql, send");
    }
    for (const Companion& companion : kCompanions) {
      const auto given = value_.get(companion.key);
      if (given && !names(companion.kinds, found->key)) {
        given->fail_at_key(fmt::format("'{}' goes with {}, not with {}", companion.key,
                                       companion.kinds, found->key));
      }
    }
    return *found;
  }

  // All requests of a scenario go to one target.
  void check_fit(const Kind& kind) const {
    const TomlValue what = value_.need(kind.key);
    const auto& target = place_.scenario->target;
    if (target && protocol_of(target->kind) != kind.protocol) {
      what.fail_at_key(fmt::format("'{}' is not for the target {}, which speaks {}", kind.key,
                                   tidemark::quoted(target->text),
                                   protocol_name(protocol_of(target->kind))));
    }
    if (target && target->kind == Target_::kUdp && value_.get("until")) {
      what.fail_at_key("over UDP an answer is one datagram: it needs no 'until'");
    }
  }

  HttpRequest read_http(const Kind& kind) const {
    HttpRequest http{.method = std::string(kind.method)};
    http.headers = place_.defaults->headers;
    if (const auto headers = value_.get("headers")) {
      for (auto& [name, value] : read_headers(*headers, *place_.captures)) {
        std::erase_if(http.headers, [&key = name](const auto& one) { return one.first == key; });
        http.headers.emplace_back(name, std::move(value));
      }
    }
    const TomlValue what = value_.need(kind.key);
    if (kind.key == "rpc") {
      read_rpc(what, http);
      return http;
    }
    http.path = path_of(what, *place_.scenario, *place_.captures);
    if (const auto body = value_.get("body")) http.body = filled(*body);
    if (const auto json = value_.get("json")) {
      if (value_.get("body")) json->fail_at_key("there is a body already");
      http.body = filled(*json, json_of(*json), Template::Escape::kJson);
      add_header(http, "content-type", "application/json");
    }
    return http;
  }

  // JSON-RPC 2.0 (https://www.jsonrpc.org/specification).
  void read_rpc(const TomlValue& method, HttpRequest& http) const {
    if (method.text().empty()) method.fail("expected the name of a method");
    std::string body = R"({"jsonrpc":"2.0","id":${seq},"method":)" + json_of(method);
    if (const auto params = value_.get("params")) {
      if (!params->is_table() && !params->is_list()) params->fail("expected a table or a list");
      body += R"(,"params":)" + json_of(*params);
    }
    http.body = filled(value_.get("params").value_or(method), body + "}", Template::Escape::kJson);
    http.json_rpc = true;
    http.path = Template(place_.defaults->rpc_path, method.what(), {}, Template::Escape::kPath);
    add_header(http, "content-type", "application/json");
    add_header(http, "accept", "application/json, text/event-stream");
  }

  static void add_header(HttpRequest& http, std::string_view name, std::string_view value) {
    if (std::ranges::any_of(http.headers, [&](const auto& one) { return one.first == name; })) {
      return;
    }
    http.headers.emplace_back(name, Template(value, name, {}));
  }

  // A list of words, or one text that is split at its spaces.
  RedisCommand read_redis() const {
    const TomlValue what = value_.need("redis");
    RedisCommand command;
    if (what.is_list()) {
      for (const TomlValue& word : what.items(kMostThings)) command.words.push_back(filled(word));
    } else {
      const std::string_view text = what.text();
      for (std::size_t at = text.find_first_not_of(' '); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        command.words.push_back(filled(what, text.substr(at, end - at)));
        at = text.find_first_not_of(' ', end);
      }
    }
    if (command.words.empty() || command.words.front().empty()) what.fail("expected a command");
    return command;
  }

  SqlCommand read_sql() const {
    constexpr std::string_view kModes[] = {"simple", "prepared"};
    const TomlValue what = value_.need("sql");
    SqlCommand sql{.text = what.text()};
    if (sql.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      what.fail("expected a statement");
    }
    if (sql.text.find("${") != std::string::npos) {
      what.fail("nothing is filled in here: a statement stays the same",
                "write $1 and say parameters = [\"${int:1..1000}\"]");
    }
    if (const auto mode = value_.get("mode")) {
      sql.mode = mode->choice(kModes) == "simple" ? SqlCommand::Mode::kSimple
                                                  : SqlCommand::Mode::kPrepared;
    }
    if (const auto parameters = value_.get("parameters")) {
      if (sql.mode == SqlCommand::Mode::kSimple) {
        parameters->fail_at_key("only a prepared statement takes parameters");
      }
      for (const TomlValue& one : parameters->items(65535)) {
        if (one.is_text()) {
          sql.parameters.push_back(filled(one));
        } else {
          sql.parameters.push_back(filled(one, json_of(one)));
        }
      }
    }
    return sql;
  }

  RawMessage read_raw() const {
    RawMessage raw{.send = filled(value_.need("send"))};
    if (const auto until = value_.get("until")) {
      raw.until = until->text();
      if (raw.until.empty()) until->fail("expected the bytes that an answer ends with");
    }
    if (const auto bytes = value_.get("bytes")) {
      if (value_.get("until")) bytes->fail_at_key("there is 'until' already");
      raw.bytes = bytes->is_number() ? bytes->whole(1) : bytes->bytes();
    }
    return raw;
  }

  static void read_expected_table(const TomlValue& expect, const Kind& kind, Expectation& into) {
    expect.only(keys::kExpect);
    if (const auto status = expect.get("status")) into.status = status_of(*status, kind);
    if (const auto contains = expect.get("contains")) into.contains = contains->text();
    if (const auto pointer = expect.get("pointer")) into.pointer = pointer_of(*pointer);
    if (const auto equals = expect.get("equals")) {
      if (into.pointer.empty()) equals->fail_at_key("expected a 'pointer' to what it equals");
      into.equals = equals->is_text() ? equals->text() : json_of(*equals);
    }
  }

  static void read_expectation(const TomlValue& expect, const Kind& kind, Expectation& into) {
    if (expect.is_number()) {
      into.status = status_of(expect, kind);
    } else if (expect.is_text()) {
      read_expected_text(expect, kind, into);
    } else {
      read_expected_table(expect, kind, into);
    }
    if (kind.protocol == Protocol::kRaw && !into.pointer.empty()) {
      expect.fail("bytes have no places to point to",
                  "expect = \"OK\" wants an answer that has these bytes");
    }
    if (kind.key == "head" && (!into.contains.empty() || !into.pointer.empty())) {
      expect.fail("an answer to HEAD has no body");
    }
    if (!into.status && into.contains.empty() && into.pointer.empty()) {
      expect.fail("expected something to hold an answer against");
    }
  }

  // A status of HTTP, or how many rows SQL gives.
  static int status_of(const TomlValue& value, const Kind& kind) {
    if (kind.protocol == Protocol::kSql) return static_cast<int>(value.whole(0, 1'000'000'000));
    if (kind.protocol != Protocol::kHttp) {
      value.fail(fmt::format("an answer to '{}' has no status", kind.key));
    }
    return static_cast<int>(value.whole(100, 599));
  }

  // "result": a member of JSON that must be there, or "/result/0"; without JSON, bytes.
  static void read_expected_text(const TomlValue& expect, const Kind& kind, Expectation& into) {
    if (kind.protocol != Protocol::kHttp) {
      into.contains = expect.text();
    } else if (expect.text().starts_with('/')) {
      into.pointer = pointer_of(expect);
    } else {
      if (expect.text().empty()) expect.fail("expected the name of a member");
      into.pointer = "/";
      for (const char c : expect.text()) {
        into.pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
      }
    }
  }

  static void read_captures(const TomlValue& captures, Request& request) {
    for (const TomlValue& from : captures.members(kMostThings)) {
      Capture capture{.name = std::string(from.key())};
      const std::string& text = from.text();
      const bool http = std::holds_alternative<HttpRequest>(request.action);
      if (http && text.starts_with("header:") && text.size() > 7) {
        capture.header = text.substr(7);
      } else if (text.starts_with('/')) {
        capture.pointer = pointer_of(from);
      } else {
        from.fail(fmt::format("expected {}, found {}",
                              http ? R"("/json/pointer" or "header:NAME")" : R"("/row/column")",
                              tidemark::quoted(text)));
      }
      request.captures.push_back(std::move(capture));
    }
  }

  const TomlValue& value_;
  const RequestPlace& place_;
};

bool is_of_header_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// The key in small letters.
std::string header_name_of(const TomlValue& value) {
  constexpr std::string_view kOurs[] = {"content-length", "transfer-encoding", "connection",
                                        "host"};
  std::string name(value.key());
  if (name.empty() || !std::ranges::all_of(name, is_of_header_name)) {
    value.fail_at_key("expected a header's name");
  }
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  if (std::ranges::find(kOurs, name) != std::end(kOurs)) {
    value.fail_at_key("pressure writes this header itself");
  }
  return name;
}

}  // namespace

std::vector<std::pair<std::string, Template>> read_headers(
    const TomlValue& section, const std::vector<std::string>& captures) {
  std::vector<std::pair<std::string, Template>> headers;
  for (const TomlValue& value : section.members(kMostThings)) {
    const auto is_control = [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
    };
    std::string name = header_name_of(value);
    if (std::ranges::any_of(value.text(), is_control)) value.fail("expected one line");
    headers.emplace_back(std::move(name),
                         Template(value.text(), value.what(), captures, Template::Escape::kLine));
  }
  return headers;
}

Request read_request(const TomlValue& value, const RequestPlace& place) {
  return RequestReader(value, place).read();
}

std::vector<const Template*> templates_of(const Request& request) {
  std::vector<const Template*> all;
  if (const auto* const http = std::get_if<HttpRequest>(&request.action)) {
    all = {&http->path, &http->body};
    for (const auto& [name, value] : http->headers) all.push_back(&value);
  } else if (const auto* const redis = std::get_if<RedisCommand>(&request.action)) {
    for (const Template& word : redis->words) all.push_back(&word);
  } else if (const auto* const sql = std::get_if<SqlCommand>(&request.action)) {
    for (const Template& parameter : sql->parameters) all.push_back(&parameter);
  } else if (const auto* const raw = std::get_if<RawMessage>(&request.action)) {
    all = {&raw->send};
  }
  return all;
}

}  // namespace tidemark::load
