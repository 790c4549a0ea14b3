#include <fmt/format.h>

#include <algorithm>

#include "lib/load/scenario_words.h"

namespace tidemark::load {
namespace {

// What a fault opens.
std::int64_t descriptors_of(const Injection& injection) {
  if (injection.kind != "connections" && injection.kind != "slow-readers" &&
      injection.kind != "half-open") {
    return 0;
  }
  return std::stoll(injection.arguments.front());  // a whole number: the reader saw to it
}

std::int64_t most_clients(const Scenario& scenario) {
  const LoadPlan& load = scenario.load;
  if (scenario.personas.empty()) return 0;
  if (load.arrivals != Arrivals::kClosed) return load.connections;
  std::int64_t most = 0;
  for (const Stage& stage : stages_of(load)) most = std::max<std::int64_t>(most, stage.clients);
  return std::min<std::int64_t>(most, load.connections);
}

struct BesideNeeds {
  const std::string& name;
  std::vector<Need>& needs;
  std::int64_t& descriptors;

  void operator()(const SseClients& sse) const { descriptors += sse.clients; }
  void operator()(const WebSocketClients& chat) const { descriptors += chat.clients; }
  void operator()(const SqlClients& sql) const {
    descriptors += sql.clients;
    needs.push_back({.kind = Need::Kind::kFile, .what = sql.file, .why = name});
  }
  void operator()(const FileClients& files) const {
    if (files.kind != FileClients::Kind::kGit) return;
    needs.push_back({.kind = Need::Kind::kProgram, .what = "git", .why = name});
  }
  void operator()(const Program& program) const {
    needs.push_back({.kind = Need::Kind::kProgram, .what = program.command.front(), .why = name});
  }
};

}  // namespace

std::vector<Need> needs_of(const Scenario& scenario) {
  std::vector<Need> needs;
  if (!scenario.target && !scenario.personas.empty()) {
    needs.push_back({.kind = Need::Kind::kTarget, .what = "a target", .why = "the mix"});
  }
  if (scenario.launch) {
    needs.push_back(
        {.kind = Need::Kind::kProgram, .what = scenario.launch->command.front(), .why = "launch"});
  }
  if (scenario.pid) {
    needs.push_back(
        {.kind = Need::Kind::kProcess, .what = fmt::format("{}", *scenario.pid), .why = "pid"});
  }
  std::int64_t descriptors = most_clients(scenario);
  for (const Beside& beside : scenario.beside) {
    const std::string name = "beside." + beside.name;
    std::visit(BesideNeeds{.name = name, .needs = needs, .descriptors = descriptors}, beside.what);
  }
  std::int64_t at_once = 0;
  for (const Fault& fault : scenario.faults) {
    std::int64_t together = 0;
    for (const Injection& injection : fault.inject) together += descriptors_of(injection);
    at_once = std::max(at_once, together);
  }
  constexpr std::int64_t kOurOwn = 100;  // files, timers, the listening socket
  const std::int64_t all = descriptors + at_once + kOurOwn;
  needs.push_back({.kind = Need::Kind::kDescriptors,
                   .what = fmt::format("{} open files", all),
                   .why = "connections",
                   .count = all});
  return needs;
}

}  // namespace tidemark::load
