#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/http/client.h"
#include "lib/process/tree.h"
#include "lib/process/words.h"
#include "tools/pressure/files/probe.h"

namespace tidemark::pressure {
namespace {

constexpr std::string_view kCommand = "command:";
constexpr std::string_view kHas = " has ${marker}";
constexpr std::string_view kPlace = "${marker}";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

struct Found {
  const load::Persona* persona = nullptr;
  const load::Request* request = nullptr;
};

Found request_called(const load::Scenario& scenario, std::string_view name) {
  for (const load::Persona& persona : scenario.personas) {
    for (const load::Request& request : persona.mix) {
      if (load::label_of(persona, request) == name || request.name == name) {
        return {.persona = &persona, .request = &request};
      }
    }
  }
  return {};
}

}  // namespace

struct Question::State {
  std::vector<std::string> command;      // of the one kind
  std::optional<http::Request> request;  // of the other: what does not change
  load::Template path;
  std::vector<std::pair<std::string, load::Template>> headers;
  load::Template body;
  load::Random random{1};
  std::uint64_t sequence = 0;

  void read_request(const load::Scenario& scenario, std::string_view name, std::string_view what);
  http::Request filled(const std::string& marker);
};

struct Question::Asked::State {
  std::string marker;
  std::optional<Tree> tree;
  std::optional<http::Exchange> exchange;
  std::string trouble;
  std::optional<bool> result;
};

Question::Question(std::string_view text, std::string_view what, const load::Scenario& scenario)
    : state_(std::make_unique<State>()) {
  if (text.starts_with(kCommand)) {
    state_->command = split_command(text.substr(kCommand.size()), what);
    const bool asks = std::ranges::any_of(state_->command, [](const std::string& word) {
      return word.find(kPlace) != std::string::npos;
    });
    if (asks) return;
    throw UsageError(fmt::format("{}: the command has no ${{marker}} to look for", what));
  }
  if (!text.ends_with(kHas) || text.size() == kHas.size()) {
    throw UsageError(
        fmt::format("{}: expected \"REQUEST has ${{marker}}\" or \"command: PROGRAM ARGUMENT...\", "
                    "found {}",
                    what, tidemark::quoted(std::string(text))));
  }
  state_->read_request(scenario, text.substr(0, text.size() - kHas.size()), what);
}

void Question::State::read_request(const load::Scenario& scenario, std::string_view name,
                                   std::string_view what) {
  const auto [persona, found] = request_called(scenario, name);
  if (found == nullptr) {
    throw UsageError(fmt::format("{}: no request of the mix is called {}", what,
                                 tidemark::quoted(std::string(name))));
  }
  const auto* const http = std::get_if<load::HttpRequest>(&found->action);
  const auto& target = scenario.target;
  if (http == nullptr || !target || target->kind != load::Target::Kind::kHttp || target->tls) {
    throw UsageError(fmt::format("{}: a probe asks by plain HTTP/1.1 only", what),
                     "ask with a program: visible = \"command: curl -skf ...${marker}\"");
  }
  std::vector<std::string> captures;
  for (const load::Request& other : persona->mix) {
    for (const load::Capture& capture : other.captures) captures.push_back(capture.name);
  }
  std::string all = http->path.text() + http->body.text();
  for (const auto& header : http->headers) all += header.second.text();
  const bool marked = all.find(kPlace) != std::string::npos;
  const auto with_marker = [&](const load::Template& given) {
    return load::Template(marked ? given.text() : replaced(given.text(), "${word}", kPlace), what,
                          captures);
  };
  request.emplace();
  request->url = {.host = target->host, .port = target->port, .socket = target->socket};
  request->method = http->method;
  path = with_marker(http->path);
  body = with_marker(http->body);
  for (const auto& [key, value] : http->headers) headers.emplace_back(key, with_marker(value));
}

http::Request Question::State::filled(const std::string& marker) {
  load::Values values{.random = &random, .sequence = &sequence};
  values.captured["marker"] = marker;
  http::Request result = *request;
  result.url.target.clear();
  path.render(result.url.target, values);
  body.render(result.body, values);
  for (const auto& [key, value] : headers) {
    std::string text;
    value.render(text, values);
    result.headers.push_back({.name = key, .value = text});
  }
  return result;
}

Question::Question(Question&&) noexcept = default;
Question& Question::operator=(Question&&) noexcept = default;
Question::~Question() = default;

Question::Asked Question::ask(const std::string& marker) {
  auto asked = std::make_unique<Asked::State>();
  asked->marker = marker;
  try {
    if (state_->request) {
      asked->exchange.emplace(state_->filled(marker));
    } else {
      std::vector<std::string> words = state_->command;
      for (std::string& word : words) word = replaced(word, kPlace, marker);
      asked->tree.emplace(Tree::start({.arguments = words}, {}));
    }
  } catch (const Error& error) {
    asked->trouble = error.what();
    asked->result = false;
  }
  return Asked(std::move(asked));
}

Question::Asked::Asked(std::unique_ptr<State> state) : state_(std::move(state)) {}
Question::Asked::Asked(Asked&&) noexcept = default;
Question::Asked& Question::Asked::operator=(Asked&&) noexcept = default;
Question::Asked::~Asked() = default;

const std::string& Question::Asked::trouble() const { return state_->trouble; }

std::optional<bool> Question::Asked::answer() {
  State& state = *state_;
  if (state.result) return state.result;
  if (state.tree) {
    if (const std::optional<End> end = state.tree->ended()) {
      state.result = end->kind == EndKind::kExited && end->code == 0;
      if (!*state.result) state.trouble = end->why;
    }
    return state.result;
  }
  try {
    if (!state.exchange->advance()) return std::nullopt;
    const http::Response& response = state.exchange->response();
    state.result = response.body.find(state.marker) != std::string::npos;
    if (!*state.result) state.trouble = fmt::format("status {}", response.status);
  } catch (const Error& error) {
    state.trouble = error.what();
    state.result = false;
  }
  return state.result;
}

}  // namespace tidemark::pressure
