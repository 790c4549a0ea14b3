#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// What stands in braces in the arguments of a run and in the texts of a target; campaign.h lists
// what there is, and "{{" is a brace. A brace before anything but a letter is itself, so that JSON
// needs no care.
struct Piece {
  std::string text;  // as it is, where `name` is empty
  std::string name;  // "load", "time", "command"
  std::string rest;  // "mcp" of {load.mcp}, "24h" of {time 24h}
};

// Throws UsageError: "`what`: unknown placeholder {comand}", with the one that was probably meant.
std::vector<Piece> pieces_of(std::string_view text, const std::string& what);

// Whether `text`, which was read before, has the placeholder.
bool has_placeholder(std::string_view text, std::string_view name);

// The duration of {time 24h} at a scale: a second at least.
Duration scaled(Duration time, double scale);

// What placeholders become in one execution.
struct Execution {
  const TargetPlan* target = nullptr;
  std::filesystem::path campaign;  // the directory of its file
  std::filesystem::path directory;
  std::filesystem::path scratch;
  double scale = 1;
  std::function<std::uint16_t()> port;  // asked once, when a text names it
};

// A run's command with nothing left to fill in, and the environment that it gets on top of ours.
// REQUIRES: they went through check_placeholders(). Throws Error when a variable is not set.
struct Expanded {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
};
Expanded expand(const std::vector<std::string>& args, const Execution& execution);

}  // namespace tidemark::signoff
