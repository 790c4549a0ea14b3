#include "tools/pressure/faults/requests.h"

#include <fmt/format.h>

#include <variant>

namespace tidemark::pressure {
namespace {

// The n-th request that is an `Action`; nothing: there is none that `fits`.
template <typename Action, typename Fits>
const Action* first(const load::Scenario& scenario, Fits fits) {
  for (const load::Persona& persona : scenario.personas) {
    for (const load::Request& request : persona.mix) {
      const auto* const action = std::get_if<Action>(&request.action);
      if (action != nullptr && fits(*action)) return action;
    }
  }
  return nullptr;
}

class Filler {
 public:
  std::string operator()(const load::Template& text) {
    std::string out;
    load::Values values{.random = &random_, .sequence = &sequence_};
    text.render(out, values);
    return out;
  }

 private:
  load::Random random_{1};
  std::uint64_t sequence_ = 0;
};

std::string host_of(const load::Target& target) {
  if (target.host.empty()) return "localhost";
  const bool v6 = target.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", target.host, v6 ? "]" : "", target.port);
}

std::string http_head(const load::Scenario& scenario) {
  const auto* const get = first<load::HttpRequest>(
      scenario, [](const load::HttpRequest& request) { return request.method == "GET"; });
  Filler fill;
  const std::string path = get == nullptr ? scenario.target->prefix : fill(get->path);
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n", path.empty() ? "/" : path,
                     host_of(*scenario.target));
}

std::string redis_command(const load::Scenario& scenario) {
  const auto* const command =
      first<load::RedisCommand>(scenario, [](const load::RedisCommand&) { return true; });
  if (command == nullptr) return "*1\r\n$4\r\nPING\r\n";
  Filler fill;
  std::string text = fmt::format("*{}\r\n", command->words.size());
  for (const load::Template& word : command->words) {
    const std::string filled = fill(word);
    text += fmt::format("${}\r\n{}\r\n", filled.size(), filled);
  }
  return text;
}

}  // namespace

std::string whole_request(const load::Scenario& scenario) {
  using Kind = load::Target::Kind;
  if (!scenario.target || scenario.target->tls) return "";
  if (scenario.target->kind == Kind::kHttp) return http_head(scenario) + "\r\n";
  if (scenario.target->kind == Kind::kRedis) return redis_command(scenario);
  if (scenario.target->kind != Kind::kTcp) return "";
  const auto* const message =
      first<load::RawMessage>(scenario, [](const load::RawMessage&) { return true; });
  return message == nullptr ? "" : Filler()(message->send);
}

std::string half_request(const load::Scenario& scenario) {
  using Kind = load::Target::Kind;
  if (!scenario.target || scenario.target->tls) return "";
  if (scenario.target->kind == Kind::kHttp) return http_head(scenario) + "X-Half";
  if (scenario.target->kind == Kind::kRedis) return "*2\r\n$3\r\nGET\r\n$8\r\nha";
  const std::string whole = whole_request(scenario);
  return whole.substr(0, whole.size() / 2);
}

}  // namespace tidemark::pressure
