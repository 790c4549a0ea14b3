#include "lib/cli/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ranges>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/cli/table.h"

namespace tidemark::cli {
namespace {

using Words = std::vector<std::string>;

// CLI11 takes the next word for the value of "--output=", and "yes" and the like
// for the value of a flag; both hide a mistake.
void refuse_odd_value(const Option& option, const Words& words) {
  const std::string start = fmt::format("{}=", long_name(option));
  for (const std::string& word : words) {
    if (!word.starts_with(start)) continue;
    if (is_flag(option)) throw UsageError(fmt::format("{} takes no value", long_name(option)));
    if (word == start)
      throw UsageError(fmt::format("{} is given without its {}", word, option.value));
  }
}

// CLI11's message "--output: 1 required FILE missing" in our words.
[[noreturn]] void fail_in_our_words(const CLI::Error& error, const Verb& verb,
                                    const std::string& hint) {
  const std::string text = error.what();
  for (const Option& option : verb.options) {
    if (!text.starts_with(long_name(option))) continue;
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      throw UsageError(fmt::format("{} needs a value: {}", long_name(option), option.value), hint);
    }
  }
  throw UsageError(text, hint);
}

void check_choices(const Option& option, const Words& values) {
  const std::vector<std::string_view> choices = choices_of(option);
  if (choices.empty()) return;
  for (const std::string& value : values) {
    if (std::ranges::find(choices, value) != choices.end()) continue;
    const std::string_view meant = nearest(value, choices);
    throw UsageError(fmt::format("{} does not know {}", long_name(option), tidemark::quoted(value)),
                     meant.empty() ? fmt::format("it takes one of {}", fmt::join(choices, ", "))
                                   : fmt::format("did you mean {}? It takes one of {}", meant,
                                                 fmt::join(choices, ", ")));
  }
}

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::vector<std::string_view> option_names(const Verb& verb) {
  std::vector<std::string_view> names;
  for (const auto options : {verb.options, common_options()}) {
    for (const Option& option : options) names.push_back(long_name(option));
  }
  return names;
}

}  // namespace

Args Parser::parse(const Words& words, Words command_line) const {
  Args args;
  args.command_line_ = std::move(command_line);
  const auto dashes = std::ranges::find(words, "--");
  read_options(Words(words.begin(), dashes), args);
  if (dashes != words.end()) {
    Words& after = shape_of(verb_).has_rest ? args.rest_ : args.operands_;
    after.insert(after.end(), dashes + 1, words.end());
  }
  check_operands(args);
  return args;
}

void Parser::read_options(const Words& words, Args& args) const {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  for (const Option& option : verb_.options) {
    refuse_odd_value(option, words);
    const std::string name(option.name);
    auto& values = args.values_[std::string(long_name(option))];
    if (is_flag(option)) {
      app.add_flag(name);
    } else {
      app.add_option(name, values)
          ->type_name(std::string(option.value))
          ->expected(1)
          ->allow_extra_args(false)
          ->take_all();
    }
  }
  try {
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::Error& error) {
    fail_in_our_words(error, verb_, hint());
  }
  for (const Option& option : verb_.options) {
    const std::string name(long_name(option));
    const std::size_t times = app.count(name);
    Words& values = args.values_[name];
    args.given_[name] = times > 0;
    if (times > 1 && !option.repeats && !is_flag(option)) {
      throw UsageError(fmt::format("{} is given {} times; it takes one value", name, times));
    }
    check_choices(option, values);
    if (values.empty() && !option.fallback.empty()) values.emplace_back(option.fallback);
  }
  for (const std::string& word : app.remaining()) add_operand(word, args);
}

void Parser::add_operand(const std::string& word, Args& args) const {
  if (!looks_like_option(word)) {
    args.operands_.push_back(word);
    return;
  }
  const std::string name = word.substr(0, word.find('='));
  const std::vector<std::string_view> names = option_names(verb_);
  const std::string_view meant = nearest(name, names);
  throw UsageError(
      fmt::format("{} has no option {}", command_of(tool_, verb_), tidemark::quoted(name)),
      meant.empty() ? hint() : fmt::format("did you mean {}?", meant));
}

void Parser::check_operands(const Args& args) const {
  const Shape shape = shape_of(verb_);
  const Words& given = args.operands();
  const std::string command = command_of(tool_, verb_);
  if (given.size() > shape.operands.size() && !shape.endless) {
    const std::string& extra = given[shape.operands.size()];
    throw UsageError(
        fmt::format("{} does not know what to do with {}", command, tidemark::quoted(extra)),
        shape.has_rest ? fmt::format("put -- before the command: {}", usage_of(tool_, verb_))
                       : hint());
  }
  if (given.size() < shape.required) {
    throw UsageError(fmt::format("{} needs {}", command, shape.operands[given.size()]), hint());
  }
  if (args.rest().empty() && !shape.rest.empty()) {
    throw UsageError(fmt::format("{} needs -- and {}", command, shape.rest), hint());
  }
}

std::string Parser::hint() const {
  return fmt::format("usage: {}; {} --help says more", usage_of(tool_, verb_),
                     command_of(tool_, verb_));
}

}  // namespace tidemark::cli
