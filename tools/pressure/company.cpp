#include "tools/pressure/company.h"

#include <utility>
#include <variant>

#include "tools/pressure/beside/program.h"
#include "tools/pressure/beside/sql_clients.h"
#include "tools/pressure/beside/sse.h"
#include "tools/pressure/beside/websocket.h"
#include "tools/pressure/files/file_clients.h"

namespace tidemark::pressure {
namespace {

// A kind of plan and the clients that carry it out.
template <typename Plan>
struct ClientsOf;
template <>
struct ClientsOf<load::SseClients> {
  using Type = SseReaders;
};
template <>
struct ClientsOf<load::WebSocketClients> {
  using Type = WebSocketTalkers;
};
template <>
struct ClientsOf<load::SqlClients> {
  using Type = SqlClients;
};
template <>
struct ClientsOf<load::FileClients> {
  using Type = FileClients;
};
template <>
struct ClientsOf<load::Program> {
  using Type = ProgramClient;
};

using Kind = std::variant<std::unique_ptr<SseReaders>, std::unique_ptr<WebSocketTalkers>,
                          std::unique_ptr<SqlClients>, std::unique_ptr<FileClients>,
                          std::unique_ptr<ProgramClient>>;

}  // namespace

struct Company::Member {
  std::string name;
  Kind clients;
};

Company::Company(const BesideSetup& setup, const std::vector<load::Beside>& all) {
  for (const load::Beside& one : all) {
    BesideSetup own = setup;
    own.name = one.name;
    own.seed = setup.seed + members_.size() + 1;
    Kind clients = std::visit(
        [&own](const auto& plan) -> Kind {
          return std::make_unique<typename ClientsOf<std::decay_t<decltype(plan)>>::Type>(own,
                                                                                          plan);
        },
        one.what);
    members_.push_back(
        std::make_unique<Member>(Member{.name = one.name, .clients = std::move(clients)}));
  }
}

Company::~Company() = default;

void Company::prove(const std::function<bool()>& give_up) {
  for (const auto& member : members_) {
    if (auto* const files = std::get_if<std::unique_ptr<FileClients>>(&member->clients)) {
      (*files)->prove(give_up);
    }
  }
}

void Company::start() {
  for (const auto& member : members_) {
    std::visit([](auto& clients) { clients->start(); }, member->clients);
  }
}

void Company::stop() {
  for (const auto& member : members_) {
    std::visit([](auto& clients) { clients->stop(); }, member->clients);
  }
}

std::vector<Measure> Company::measures() const {
  std::vector<Measure> all;
  for (const auto& member : members_) {
    std::visit(
        [&](const auto& clients) {
          if constexpr (requires { clients->connected_share(); }) {
            all.push_back(
                {.name = member->name + ".connected", .value = clients->connected_share()});
          }
        },
        member->clients);
  }
  return all;
}

std::vector<std::string> Company::warnings() const {
  std::vector<std::string> all;
  const auto add = [&all](const auto& lines) { all.insert(all.end(), lines.begin(), lines.end()); };
  for (const auto& member : members_) {
    std::visit(
        [&](const auto& clients) {
          if constexpr (requires { clients->warnings(); }) add(clients->warnings());
          if constexpr (requires { clients->notes(); }) add(clients->notes());
        },
        member->clients);
  }
  return all;
}

}  // namespace tidemark::pressure
