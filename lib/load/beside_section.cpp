#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "lib/base/lines.h"
#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);

int clients_of(const TomlValue& value) {
  const auto clients = value.get("clients");
  return clients ? static_cast<int>(clients->whole(1, kMostClients)) : 1;
}

using Work = decltype(Beside::what);

std::string path(const TomlValue& value, const Scenario& scenario) {
  const auto& target = scenario.target;
  if (target && target->kind != Target::Kind::kHttp && target->kind != Target::Kind::kHttp2) {
    value.fail_at_key(
        fmt::format("the target {} does not speak HTTP", tidemark::quoted(target->text)));
  }
  return fixed_path_of(value, scenario);
}

Work sse(const TomlValue& value, const Scenario& scenario) {
  constexpr std::string_view kExpected[] = {"ordered", "no-loss"};
  value.only(keys::kSse);
  SseClients clients{.path = path(value.need("sse"), scenario), .clients = clients_of(value)};
  clients.backoff = {.low = kSecond / 10, .high = 30 * kSecond};
  if (const auto backoff = value.get("backoff")) clients.backoff = span_of(*backoff);
  if (const auto expect = value.get("expect")) {
    for (const TomlValue& word : expect->items(kMostThings)) {
      (word.choice(kExpected) == "ordered" ? clients.ordered : clients.lossless) = true;
    }
  }
  if (const auto stamp = value.get("stamp")) clients.stamp = pointer_of(*stamp);
  if (const auto sequence = value.get("sequence")) clients.sequence = pointer_of(*sequence);
  return clients;
}

Work web_socket(const TomlValue& value, const Scenario& scenario) {
  value.only(keys::kWebSocket);
  WebSocketClients clients{.path = path(value.need("websocket"), scenario),
                           .clients = clients_of(value)};
  clients.every = {.low = kSecond, .high = kSecond};
  if (const auto every = value.get("every")) clients.every = span_of(*every);
  if (const auto send = value.get("send")) {
    clients.send = Template(send->text(), send->what(), {}, Template::Escape::kJson);
  }
  if (const auto ack = value.get("ack")) {
    clients.ack = ack->text();
    if (clients.ack.empty()) ack->fail("expected the name of a member");
    if (!clients.send.has_sequence()) {
      ack->fail_at_key("an answer can only name what was sent with ${seq}",
                       "send = '{\"seq\":${seq}}'");
    }
  }
  if (const auto timeout = value.get("timeout")) {
    clients.timeout = time_of(*timeout);
    if (clients.timeout <= Duration(0)) timeout->fail("expected more than 0");
  }
  return clients;
}

Work sql(const TomlValue& value, const Scenario&) {
  value.only(keys::kSqlClients);
  const TomlValue connection = value.need("postgres");
  SqlClients clients{.connection = connection.text(), .clients = clients_of(value)};
  const Target target = parse_target(clients.connection, connection.what());
  if (target.kind != Target::Kind::kPostgres) {
    connection.fail(R"(expected a connection such as "dbname=app" or "postgres://...")");
  }
  if (const auto pipeline = value.get("pipeline")) {
    clients.pipeline = static_cast<int>(pipeline->whole(1, 1000));
  }
  const TomlValue file = value.need("file");
  if (file.text().empty()) file.fail("expected a file of statements");
  // It belongs to the scenario, wherever that is read from.
  clients.file = (value.directory() / file.text()).string();
  return clients;
}

// "search has ${marker}" or "command: grep -q ${marker} index".
std::string probe(const TomlValue& visible, const Scenario& scenario) {
  const std::string_view text = visible.text();
  if (text.find("${marker}") == std::string_view::npos) {
    visible.fail("expected a probe that looks for ${marker}",
                 R"("search has ${marker}" or "command: grep -q ${marker} index")");
  }
  if (text.starts_with("command:")) return std::string(text);
  const std::size_t has = text.find(" has ${marker}");
  if (has == std::string_view::npos || !text.ends_with(" has ${marker}")) {
    visible.fail(fmt::format(R"(expected "REQUEST has ${{marker}}" or "command: ...", found {})",
                             tidemark::quoted(text)));
  }
  std::vector<std::string> labels;
  for (const Persona& persona : scenario.personas) {
    for (const Request& request : persona.mix) labels.push_back(label_of(persona, request));
  }
  const std::string_view request = text.substr(0, has);
  if (std::ranges::find(labels, request) == labels.end()) {
    const std::vector<std::string_view> views(labels.begin(), labels.end());
    visible.fail_unknown("request", request, views);
  }
  return std::string(text);
}

Work files(const TomlValue& value, const Scenario& scenario) {
  constexpr std::string_view kWorkloads[] = {"coding", "refactor", "git"};
  value.only(keys::kFiles);
  const TomlValue directory = value.need("files");
  FileClients clients{.directory = directory.text(), .clients = clients_of(value)};
  if (clients.directory.empty()) directory.fail("expected a directory to be made");
  clients.every = {.low = 5 * kSecond, .high = 30 * kSecond};
  const std::string_view workload = value.need("as").choice(kWorkloads);
  clients.kind = static_cast<FileClients::Kind>(std::ranges::find(kWorkloads, workload) -
                                                std::begin(kWorkloads));
  if (const auto every = value.get("every")) clients.every = span_of(*every);
  if (const auto visible = value.get("visible")) clients.visible = probe(*visible, scenario);
  if (const auto queue = value.get("queue")) {
    clients.queue = queue->text();
    const std::size_t hash = clients.queue.find('#');
    if (!clients.queue.starts_with('/') || hash == std::string::npos ||
        hash + 1 == clients.queue.size()) {
      queue->fail(
          "expected a path and what its answer calls the queue's depth: "
          "\"/watches#queue_depth\"");
    }
  }
  return clients;
}

Work program(const TomlValue& value, const Scenario&) {
  value.only(keys::kExec);
  const TomlValue command = value.need("exec");
  Program program;
  for (const TomlValue& word : command.items(kMostThings)) program.command.push_back(word.text());
  if (program.command.empty() || program.command.front().empty()) {
    command.fail("expected a program and its arguments");
  }
  if (const auto repeat = value.get("repeat")) program.repeat = repeat->truth();
  return program;
}

struct Kind {
  std::string_view key;
  Work (*read)(const TomlValue& value, const Scenario& scenario);
};
constexpr std::array kKinds = {Kind{"sse", sse}, Kind{"websocket", web_socket},
                               Kind{"postgres", sql}, Kind{"files", files}, Kind{"exec", program}};

Beside read_clients(const TomlValue& value, const Scenario& scenario) {
  if (!value.is_table()) value.members(0);  // says what is expected
  const Kind* found = nullptr;
  for (const Kind& kind : kKinds) {
    const auto given = value.get(kind.key);
    if (given && found != nullptr) {
      given->fail_at_key(fmt::format("clients have one of '{}' and '{}'", found->key, kind.key));
    }
    if (given) found = &kind;
  }
  if (found == nullptr) {
    value.fail_at_key("expected what these clients do",
                      "one of sse, websocket, postgres, files, exec");
  }
  return {.name = value.key_name(), .what = found->read(value, scenario)};
}

}  // namespace

void read_beside(const TomlValue& section, Scenario& scenario) {
  std::set<std::string, std::less<>> taken;
  for (const Persona& persona : scenario.personas) {
    if (!persona.name.empty()) taken.insert(persona.name);
    for (const Request& request : persona.mix) taken.insert(label_of(persona, request));
  }
  for (const TomlValue& value : section.members(kMostThings)) {
    if (taken.contains(value.key())) {
      value.fail_at_key("the mix has this name, and both would be counted together");
    }
    scenario.beside.push_back(read_clients(value, scenario));
  }
}

}  // namespace tidemark::load
