#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "lib/load/scenario_keys.h"
#include "lib/load/sections.h"

namespace tidemark::load {
namespace {

// What limits may name.
struct Names {
  std::vector<std::string> stages;
  std::vector<std::string> labels;
  std::vector<std::string> streams;  // clients whose time connected is measured
};

// The pieces of work that each kind of file clients is counted by.
std::span<const std::string_view> works_of(FileClients::Kind kind) {
  static constexpr std::string_view kCoding[] = {"write"};
  static constexpr std::string_view kRefactor[] = {"make", "change", "rename",
                                                   "move", "remove", "large"};
  static constexpr std::string_view kGit[] = {"init",   "write", "add",    "commit",
                                              "switch", "merge", "branch", "reset"};
  if (kind == FileClients::Kind::kCoding) return kCoding;
  if (kind == FileClients::Kind::kRefactor) return kRefactor;
  return kGit;
}

void add_beside(const Beside& beside, Names& names) {
  const auto measures = [&](std::string_view what) {
    names.labels.push_back(fmt::format("{}.{}", beside.name, what));
  };
  if (std::holds_alternative<SseClients>(beside.what)) {
    measures("delivery");
    measures("connect");
    names.streams.push_back(beside.name);
  } else if (std::holds_alternative<WebSocketClients>(beside.what)) {
    names.labels.push_back(beside.name);
    measures("ack");
    names.streams.push_back(beside.name);
  } else if (const auto* const files = std::get_if<FileClients>(&beside.what)) {
    if (!files->visible.empty()) measures("visible");
    for (const std::string_view work : works_of(files->kind)) measures(work);
  } else {
    names.labels.push_back(beside.name);
  }
}

Names names_of(const Scenario& scenario) {
  Names names;
  for (const Stage& stage : stages_of(scenario.load)) names.stages.push_back(stage.name);
  for (const Persona& persona : scenario.personas) {
    for (const Request& request : persona.mix) names.labels.push_back(label_of(persona, request));
  }
  for (const Beside& beside : scenario.beside) add_beside(beside, names);
  return names;
}

void require_known(const TomlValue& value, std::string_view kind, const std::string& name,
                   const std::vector<std::string>& known) {
  if (name.empty() || std::ranges::find(known, name) != known.end()) return;
  const std::vector<std::string_view> views(known.begin(), known.end());
  value.fail_unknown(kind, name, views);
}

// Statements of a SQL file are labelled as the file names them, which is read later.
bool is_statement(const Scenario& scenario, std::string_view label) {
  return std::ranges::any_of(scenario.beside, [&](const Beside& beside) {
    return std::holds_alternative<SqlClients>(beside.what) && label.starts_with(beside.name + ".");
  });
}

void check_limit(const TomlValue& value, const Limit& limit, const Scenario& scenario,
                 const Names& names) {
  require_known(value, "stage", limit.stage, names.stages);
  const bool counts = limit.metric.starts_with('p') || limit.metric == "max" ||
                      limit.metric == "mean" || limit.metric == "errors" || limit.metric == "rate";
  if (limit.metric == "connected") {
    if (limit.label.empty()) value.fail("expected whose: \"feed.connected > 99%\"");
    require_known(value, "stream", limit.label, names.streams);
  } else if (!counts && !limit.label.empty()) {
    value.fail(fmt::format("{} is not of one label", limit.metric));
  } else if (!is_statement(scenario, limit.label)) {
    require_known(value, "label", limit.label, names.labels);
  }
  if (limit.metric == "recover" && scenario.faults.empty()) {
    value.fail("there is no [[fault]] to recover from");
  }
}

}  // namespace

void read_pass(const TomlValue& section, Scenario& scenario) {
  section.only(keys::kPass);
  const Names names = names_of(scenario);
  for (const TomlValue& value : section.need("limits").items(kMostThings)) {
    scenario.pass.push_back(parse_limit(value.text(), value.what()));
    check_limit(value, scenario.pass.back(), scenario, names);
  }
}

}  // namespace tidemark::load
