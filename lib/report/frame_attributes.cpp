#include "lib/report/frame_attributes.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

bool is_attribute_name(std::string_view name) {
  const auto fine = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == ':';
  };
  return !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
         std::ranges::all_of(name, fine);
}

// `name="value" name='value'`; nothing when it is anything else.
std::optional<Pairs> pairs_of(std::string_view text) {
  Pairs pairs;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return pairs;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 == text.size()) return std::nullopt;
    const std::string_view name = text.substr(0, equals);
    const char quote = text[equals + 1];
    const std::size_t end = text.find(quote, equals + 2);
    const bool quoted = quote == '"' || quote == '\'';
    if (!is_attribute_name(name) || !quoted || end == std::string_view::npos) return std::nullopt;
    pairs.emplace_back(name, text.substr(equals + 2, end - equals - 2));
    text.remove_prefix(end + 1);
  }
}

// An attribute that stands twice would be no XML: the first one counts.
void add_new(Pairs& to, const Pairs& from) {
  for (const auto& pair : from) {
    if (std::ranges::find(to, pair.first, &Pairs::value_type::first) == to.end()) {
      to.push_back(pair);
    }
  }
}

// Whether `key` is known and `value` fits it.
bool take(std::string_view key, std::string_view value, FrameAttributes& attributes) {
  if (key == "title") {
    attributes.title = value;
  } else if (key == "href") {
    attributes.href = value;
  } else if (key == "id" || key == "class") {
    add_new(attributes.of_group, {{std::string(key), std::string(value)}});
  } else if (key == "target") {
    add_new(attributes.of_link, {{"target", std::string(value)}});
  } else if (key == "g_extra" || key == "a_extra") {
    const auto pairs = pairs_of(value);
    if (!pairs) return false;
    add_new(key == "g_extra" ? attributes.of_group : attributes.of_link, *pairs);
  } else {
    return false;
  }
  return true;
}

void read_line(const Lines& lines, AttributesByName& all) {
  std::string_view rest = lines.line();
  const std::size_t tab = rest.find('\t');
  if (tab == std::string_view::npos) {
    throw UsageError(lines.at("expected '<function><tab><name>=<value>'..., found no tab"));
  }
  FrameAttributes& attributes = all[std::string(rest.substr(0, tab))];
  rest.remove_prefix(tab + 1);
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('\t'));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view value = field.substr(std::min(equals + 1, field.size()));
    if (!take(field.substr(0, equals), value, attributes)) {
      throw UsageError(
          lines.at("expected id, class, title, href, target, g_extra or a_extra with "
                   "its value, found " +
                   quoted(field)));
    }
  }
}

}  // namespace

AttributesByName parse_attributes(const Input& input) {
  AttributesByName all;
  Lines lines(input.name, input.bytes);
  while (lines.next()) {
    if (!lines.line().empty()) read_line(lines, all);
  }
  return all;
}

}  // namespace tidemark
