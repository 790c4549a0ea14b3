#include "lib/toml/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"

namespace tidemark {
namespace {

using Kind = TomlNode::Kind;

std::string found_text(const TomlNode& node) {
  constexpr std::array kKinds = {"a text",         "a whole number", "a number", "true or false",
                                 "a date or time", "a list",         "a table"};
  if (node.kind == Kind::kText) return tidemark::quoted(node.text);
  if (node.kind == Kind::kNumber) return fmt::format("{}", node.number);
  if (node.kind == Kind::kFraction) return fmt::format("{}", node.fraction);
  return kKinds.at(static_cast<std::size_t>(node.kind));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::string located(std::string_view file, TomlPlace at, std::string_view path) {
  return fmt::format("{}:{}:{}{}{}", file, at.line, at.column, path.empty() ? "" : ": ",
                     printable(path));
}

}  // namespace

std::filesystem::path TomlValue::directory() const {
  return std::filesystem::path(file_).parent_path();
}

std::string TomlValue::place() const { return located(file_, node_->place, ""); }

std::string TomlValue::what() const { return located(file_, node_->place, path_); }

void TomlValue::fail(std::string_view problem, std::string hint) const {
  throw UsageError(fmt::format("{}: {}", what(), problem), std::move(hint));
}

void TomlValue::fail_at_key(std::string_view problem, std::string hint) const {
  const TomlPlace at = key_.empty() ? node_->place : key_place_;
  throw UsageError(fmt::format("{}: {}", located(file_, at, path_), problem), std::move(hint));
}

void TomlValue::fail_unknown(std::string_view kind, std::string_view name,
                             std::span<const std::string_view> known) const {
  constexpr std::size_t kMostNamed = 30;
  const std::string_view meant = nearest(name, known);
  const std::span<const std::string_view> some = known.first(std::min(known.size(), kMostNamed));
  std::string hint;
  if (!meant.empty()) {
    hint = fmt::format("did you mean {}?", meant);
  } else if (known.empty()) {
    hint = "there is none";
  } else {
    hint = fmt::format("there {} {}{}", known.size() == 1 ? "is" : "are", fmt::join(some, ", "),
                       some.size() < known.size() ? ", ..." : "");
  }
  fail(fmt::format("unknown {} {}", kind, tidemark::quoted(name)), std::move(hint));
}

void TomlValue::expected(std::string_view what) const {
  fail(fmt::format("expected {}, found {}", what, found_text(*node_)));
}

std::string TomlValue::key_name() const {
  if (!is_name(key_)) fail_at_key("expected a name of letters, digits, '-' and '_'");
  return std::string(key_);
}

const std::string& TomlValue::text() const {
  if (!is_text()) expected("a text");
  return node_->text;
}

const std::string& TomlValue::name() const {
  if (!is_text() || !is_name(node_->text)) expected("a name of letters, digits, '-' and '_'");
  return node_->text;
}

std::int64_t TomlValue::whole(std::int64_t low, std::int64_t high) const {
  if (!is_number() || node_->number < low || node_->number > high) {
    expected(high == INT64_MAX ? fmt::format("a whole number of at least {}", low)
                               : fmt::format("a whole number from {} to {}", low, high));
  }
  return node_->number;
}

double TomlValue::number(double low, double high) const {
  const bool fraction = node_->kind == Kind::kFraction;
  const double value = fraction ? node_->fraction : static_cast<double>(node_->number);
  if ((!fraction && !is_number()) || !(value >= low && value <= high)) {
    expected(fmt::format("a number from {} to {}", low, high));
  }
  return value;
}

bool TomlValue::truth() const {
  if (node_->kind != Kind::kTruth) expected("true or false");
  return node_->truth;
}

std::string TomlValue::date() const {
  if ((is_text() || node_->kind == Kind::kDate) && to_day(node_->text)) return node_->text;
  expected("a date such as 2027-01-31");
}

std::string_view TomlValue::choice(std::span<const std::string_view> words) const {
  const auto word = std::ranges::find(words, std::string_view(text()));
  if (word == words.end()) fail_unknown("word", text(), words);
  return *word;
}

std::chrono::nanoseconds TomlValue::duration() const {
  // A number alone might be meant as milliseconds as well as seconds.
  const bool bare = is_text() && to_double(node_->text).has_value();
  const auto found = is_text() && !bare ? to_duration(node_->text) : std::nullopt;
  if (!found) expected(R"(a duration such as "30s" or "1h30m")");
  return *found;
}

std::int64_t TomlValue::bytes() const {
  const auto found = is_text() ? to_bytes(node_->text) : std::nullopt;
  if (!found) expected("a size such as \"2GiB\"");
  return *found;
}

double TomlValue::share() const {
  const std::string_view text = node_->text;
  const auto percent =
      is_text() && text.ends_with('%') ? to_double(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!percent || !(*percent >= 0 && *percent <= 100)) expected("a share such as \"85%\"");
  return *percent / 100;
}

std::vector<TomlValue> TomlValue::items(std::size_t most) const {
  if (!is_list()) expected("a list");
  if (node_->items.size() > most) {
    fail(fmt::format("expected at most {} of them, found {}", most, node_->items.size()));
  }
  std::vector<TomlValue> all;
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    TomlValue item(file_, node_->items[i]);
    item.path_ = fmt::format("{}[{}]", path_, i);
    all.push_back(std::move(item));
  }
  return all;
}

std::vector<std::string> TomlValue::texts(std::size_t most) const {
  std::vector<TomlValue> values;
  if (is_list()) {
    values = items(most);
  } else {
    values.push_back(*this);
  }
  std::vector<std::string> all;
  for (const TomlValue& value : values) {
    if (!value.is_text() || value.node_->text.empty()) value.expected("a text");
    all.push_back(value.node_->text);
  }
  if (all.empty()) expected("a text or a list of texts");
  return all;
}

std::vector<TomlValue> TomlValue::members(std::size_t most) const {
  if (!is_table()) expected("a table");
  if (node_->members.size() > most) {
    fail(fmt::format("expected at most {} of them, found {}", most, node_->members.size()));
  }
  std::vector<TomlValue> all;
  for (const TomlMember& member : node_->members) {
    TomlValue value(file_, member.value);
    value.path_ = path_.empty() ? member.key : fmt::format("{}.{}", path_, member.key);
    value.key_ = member.key;
    value.key_place_ = member.place;
    all.push_back(std::move(value));
  }
  return all;
}

void TomlValue::only(std::span<const std::string_view> keys) const {
  if (!is_table()) expected("a table");
  for (const TomlMember& member : node_->members) {
    if (std::ranges::find(keys, member.key) != keys.end()) continue;
    TomlNode at{.place = member.place};
    TomlValue key(file_, at);
    key.path_ = path_;
    key.fail_unknown("key", member.key, keys);
  }
}

std::optional<TomlValue> TomlValue::get(std::string_view key) const {
  const auto member = std::ranges::find(node_->members, key, &TomlMember::key);
  if (member == node_->members.end()) return std::nullopt;
  TomlValue value(file_, member->value);
  value.path_ = path_.empty() ? member->key : fmt::format("{}.{}", path_, member->key);
  value.key_ = member->key;
  value.key_place_ = member->place;
  return value;
}

TomlValue TomlValue::need(std::string_view key) const {
  const auto value = get(key);
  if (!value) fail_at_key(fmt::format("expected '{}'", key));
  return *value;
}

}  // namespace tidemark
