#include "parsers/text_stacks.h"

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// Cuts ":12" off the end of `text`; 0 when there is none.
std::int64_t cut_line(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(colon + 1);
  if (!is_number(digits)) return 0;
  text = text.substr(0, colon);
  return to_number(digits).value_or(0);
}

}  // namespace

TextStacks::TextStacks(const Input& input, std::vector<ValueType> types)
    : lines_(input.name, input.bytes), profile_(std::move(types)) {}

void TextStacks::root(std::string_view name) {
  roots_.push_back(profile_.intern({.function = std::string(name)}));
}

void TextStacks::add(std::span<const std::int64_t> values, std::span<const double> variances) {
  StackId stack = kRoot;
  for (const FrameId root : roots_) stack = profile_.push(stack, root);
  for (std::size_t i = frames_.size(); i > 0; --i) {
    stack = profile_.push(stack, profile_.intern(frames_[i - 1]));
  }
  drop();
  ++added_;
  try {
    profile_.add(stack, values);
    if (!variances.empty()) profile_.add_variance(stack, variances);
  } catch (const Error& error) {
    throw Error(lines_.at(error.what()));
  }
}

void TextStacks::drop() {
  roots_.clear();
  frames_.clear();
}

Recording TextStacks::finish(std::string_view producer, std::string_view expected) {
  if (added_ == 0) lines_.fail(expected);
  if (!lines_.whole()) {
    recording_.lacks(lines_.at("the file ends inside this line; its stack may be cut"));
  }
  recording_.producer = producer;
  recording_.profiles.push_back(std::move(profile_));
  return std::move(recording_);
}

std::string_view without_leading_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view without_blanks(std::string_view text) {
  text = without_leading_blanks(text);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string_view take_word(std::string_view& text) {
  text = without_leading_blanks(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = without_leading_blanks(text.substr(word.size()));
  return word;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

void set_place(std::string_view text, Frame& frame) {
  const std::int64_t last = cut_line(text);
  const std::int64_t before = last > 0 ? cut_line(text) : 0;
  frame.file = text;
  frame.line = before > 0 ? before : last;
}

std::string_view without_offset(std::string_view name) {
  const std::size_t plus = name.rfind('+');
  if (plus == std::string_view::npos || plus == 0 || plus + 1 == name.size()) return name;
  const std::string_view offset = name.substr(plus + 1);
  const bool hexadecimal = offset.starts_with("0x") && to_hex(offset);
  return hexadecimal || is_number(offset) ? name.substr(0, plus) : name;
}

}  // namespace tidemark
