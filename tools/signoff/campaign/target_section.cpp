#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/process/ready.h"
#include "lib/process/words.h"
#include "tools/signoff/campaign/campaign_keys.h"
#include "tools/signoff/campaign/placeholders.h"
#include "tools/signoff/campaign/sections.h"

namespace tidemark::signoff {
namespace {

// What is filled in from the target itself cannot stand in it.
std::string text_of_target(const TomlValue& value) {
  for (const Piece& piece : pieces_of(value.text(), value.what())) {
    if (piece.name == "command" || piece.name == "url" || piece.name == "ready" ||
        piece.name == "load" || piece.name == "rehearse") {
      value.fail(fmt::format("{{{}}} is for the arguments of a run", piece.name));
    }
  }
  return value.text();
}

std::vector<std::string> read_command(const TomlValue& value) {
  if (value.is_text()) return split_command(text_of_target(value), value.what());
  std::vector<std::string> command;
  for (const TomlValue& word : value.items(kMostThings)) command.push_back(text_of_target(word));
  if (command.empty()) value.fail("expected a program and its arguments");
  return command;
}

// Held against the grammar as far as nothing in it is filled in later.
std::string read_ready(const TomlValue& value) {
  std::string text = text_of_target(value);
  if (text.find('{') != std::string::npos) return text;
  try {
    parse_readiness(text);
  } catch (const UsageError& error) {
    value.fail(error.what(), error.hint());
  }
  return text;
}

std::map<std::string, std::string> read_environment(const TomlValue& section) {
  std::map<std::string, std::string> variables;
  for (const TomlValue& variable : section.members(kMostThings)) {
    if (variable.key().empty() || variable.key().find('=') != std::string_view::npos) {
      variable.fail_at_key("expected the name of a variable");
    }
    variables.emplace(variable.key(), text_of_target(variable));
  }
  return variables;
}

TargetPlan read_target(const TomlValue& section) {
  section.only(keys::kTarget);
  TargetPlan target{.name = section.key_name()};
  if (const auto command = section.get("command")) target.command = read_command(*command);
  if (const auto ready = section.get("ready")) target.ready = read_ready(*ready);
  if (const auto url = section.get("url")) target.url = text_of_target(*url);
  if (const auto flavour = section.get("flavour")) target.flavour = flavour->name();
  if (const auto env = section.get("env")) target.environment = read_environment(*env);
  if (const auto load = section.get("load")) {
    for (const TomlValue& entry : load->members(kMostThings)) {
      target.load.emplace(entry.key_name(), text_of_target(entry));
    }
  }
  return target;
}

}  // namespace

void read_targets(const TomlValue& section, Campaign& campaign) {
  for (const TomlValue& target : section.members(kMostThings)) {
    campaign.targets.push_back(read_target(target));
  }
  if (campaign.targets.empty()) section.fail_at_key("expected at least one: [target.NAME]");
}

}  // namespace tidemark::signoff
