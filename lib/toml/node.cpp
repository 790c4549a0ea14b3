#include "lib/toml/node.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string_view>
#include <tuple>

#include "lib/base/error.h"
#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;
constexpr int kDeepest = 64;
constexpr std::size_t kMostDots = 1000;

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  TomlNode read(const toml::node& from, int depth) const {
    if (depth > kDeepest) fail(place_of(from.source()), "nested too deep");
    TomlNode node{.place = place_of(from.source())};
    switch (from.type()) {
      case toml::node_type::string:
        node.kind = TomlNode::Kind::kText;
        node.text = from.as_string()->get();
        break;
      case toml::node_type::integer:
        node.kind = TomlNode::Kind::kNumber;
        node.number = from.as_integer()->get();
        break;
      case toml::node_type::floating_point:
        node.kind = TomlNode::Kind::kFraction;
        node.fraction = from.as_floating_point()->get();
        if (!std::isfinite(node.fraction)) fail(node.place, "expected a finite number");
        break;
      case toml::node_type::boolean:
        node.kind = TomlNode::Kind::kTruth;
        node.truth = from.as_boolean()->get();
        break;
      case toml::node_type::array:
        node.kind = TomlNode::Kind::kList;
        for (const toml::node& item : *from.as_array()) node.items.push_back(read(item, depth + 1));
        break;
      case toml::node_type::table:
        read_members(*from.as_table(), depth, node);
        break;
      default: {  // dates and times
        node.kind = TomlNode::Kind::kDate;
        std::ostringstream text;
        from.visit([&](const auto& value) {
          if constexpr (!toml::is_container<decltype(value)>) text << value.get();
        });
        node.text = text.str();
      }
    }
    return node;
  }

  [[noreturn]] void fail(TomlPlace at, std::string_view problem) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", file_, at.line, at.column, printable(problem)));
  }

  static TomlPlace place_of(const toml::source_region& region) {
    return {.line = std::max<std::uint32_t>(region.begin.line, 1),
            .column = std::max<std::uint32_t>(region.begin.column, 1)};
  }

 private:
  // The library sorts keys; people care for the order in which they wrote them.
  void read_members(const toml::table& table, int depth, TomlNode& node) const {
    for (const auto& [key, value] : table) {
      node.members.push_back({.key = std::string(key.str()),
                              .place = place_of(key.source()),
                              .value = read(value, depth + 1)});
    }
    std::ranges::stable_sort(node.members, [](const TomlMember& a, const TomlMember& b) {
      return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
    });
  }

  std::string_view file_;
};

bool is_of_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ' ' || c == '\t';
}

// How many dots stand between parts of what may be a key ("a.b . 'c'"), at most.
std::size_t longest_key(std::string_view line) {
  std::size_t longest = 0;
  std::size_t dots = 0;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '.') {
      longest = std::max(longest, ++dots);
    } else if (!is_of_key(c)) {
      dots = 0;
    }
  }
  return longest;
}

// "[a.a.a...]" makes tables as deep as it is long, which the library builds and drops
// recursively, however deep. What people write has not a tenth of that.
void refuse_long_keys(const Input& input, const Reader& reader) {
  Lines lines(input.name, input.bytes);
  while (lines.next()) {
    if (longest_key(lines.line()) > kMostDots) {
      reader.fail({.line = static_cast<std::uint32_t>(lines.number())}, "nested too deep");
    }
  }
}

}  // namespace

TomlNode parse_toml(const Input& input) {
  const Reader reader(input.name);
  if (input.bytes.size() > kLargest) reader.fail({}, "expected a file of at most 1 MiB");
  refuse_long_keys(input, reader);
  try {
    return reader.read(toml::parse(input.bytes, input.name), 0);
  } catch (const toml::parse_error& error) {
    reader.fail(Reader::place_of(error.source()), error.description());
  }
}

}  // namespace tidemark
