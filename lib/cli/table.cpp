#include "lib/cli/table.h"

#include <algorithm>

namespace tidemark::cli {
namespace {

// `text` cut at every `separator`; empty pieces are left out.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

// "[FILE]..." is "FILE".
std::string_view bare(std::string_view word) {
  const std::size_t start = word.find_first_not_of('[');
  if (start == std::string_view::npos) return {};
  word.remove_prefix(start);
  return word.substr(0, word.find_first_of("]."));
}

constexpr Option kCommon[] = {
    {.name = "--help,-h", .summary = "show this page"},
};

}  // namespace

std::string_view long_name(const Option& option) {
  return option.name.substr(0, option.name.find(','));
}

std::string_view short_name(const Option& option) {
  const std::size_t comma = option.name.find(',');
  return comma == std::string_view::npos ? std::string_view() : option.name.substr(comma + 1);
}

bool is_flag(const Option& option) { return option.value.empty(); }

std::vector<std::string_view> choices_of(const Option& option) {
  return split(option.choices, '|');
}

std::span<const Option> common_options() { return kCommon; }

Shape shape_of(const Verb& verb) {
  Shape shape;
  for (const std::string_view word : split(verb.operands, ' ')) {
    if (word == "--" || word == "[--") {
      shape.has_rest = true;
      continue;
    }
    const bool optional = word.starts_with('[') || word.ends_with(']');
    if (shape.has_rest) {
      const bool whole_optional = verb.operands.find("[--") != std::string_view::npos;
      if (!optional && !whole_optional && shape.rest.empty()) shape.rest = bare(word);
      continue;
    }
    shape.operands.push_back(bare(word));
    if (!optional) ++shape.required;
    shape.endless = word.ends_with("...");
  }
  return shape;
}

std::string command_of(const Tool& tool, const Verb& verb) {
  std::string command(tool.name);
  if (!verb.name.empty()) command.append(" ").append(verb.name);
  return command;
}

std::string usage_of(const Tool& tool, const Verb& verb) {
  std::string usage = command_of(tool, verb) + " [OPTION]...";
  if (!verb.operands.empty()) usage.append(" ").append(verb.operands);
  return usage;
}

bool has_verbs(const Tool& tool) {
  return tool.verbs.size() != 1 || !tool.verbs.front().name.empty();
}

}  // namespace tidemark::cli
