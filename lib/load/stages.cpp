#include <fmt/format.h>

#include "lib/load/scenario.h"

namespace tidemark::load {

std::string label_of(const Persona& persona, const Request& request) {
  return persona.name.empty() ? request.name : fmt::format("{}.{}", persona.name, request.name);
}

std::vector<Stage> stages_of(const LoadPlan& load) {
  if (!load.ladder) return load.stages;
  std::vector<Stage> stages;
  for (const int clients : load.ladder->clients) {
    stages.push_back({.name = fmt::format("{} {}", clients, clients == 1 ? "client" : "clients"),
                      .clients = clients,
                      .hold = load.ladder->hold});
  }
  return stages;
}

Duration length_of(const LoadPlan& load) {
  Duration length{0};
  for (const Stage& stage : stages_of(load)) length += stage.ramp + stage.hold;
  return length;
}

}  // namespace tidemark::load
