#include "lib/suppress/rules.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <iterator>
#include <set>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/nearest.h"

namespace tidemark {
namespace {

constexpr std::string_view kKeys[] = {"id",   "kind",  "function", "module", "stack",
                                      "tool", "owner", "reason",   "expires"};

// One [[suppress]] table on its way to a rule.
class RuleReader {
 public:
  RuleReader(std::string_view file, const toml::table& table) : file_(file), table_(table) {}

  SuppressionRule read() {
    for (const auto& [key, value] : table_) check_key(key);
    SuppressionRule rule;
    rule.id = required("id");
    rule.owner = required("owner");
    rule.reason = required("reason");
    rule.module = text("module");
    rule.tool = text("tool");
    rule.functions = list("function");
    rule.stack = list("stack");
    rule.expires = date();
    read_kinds(rule);
    if (rule.functions.empty() && rule.module.empty() && rule.stack.empty()) {
      fail(table_.source(), fmt::format("{} needs a function, a module or a stack: without one it "
                                        "would hide everything",
                                        tidemark::quoted(rule.id)));
    }
    return rule;
  }

 private:
  [[noreturn]] void fail(const toml::source_region& at, const std::string& what,
                         std::string hint = "") const {
    throw UsageError(fmt::format("{}:{}:{}: {}", file_, at.begin.line, at.begin.column, what),
                     std::move(hint));
  }

  void check_key(const toml::key& key) const {
    if (std::ranges::find(kKeys, key.str()) != std::end(kKeys)) return;
    const std::string_view meant = nearest(key.str(), kKeys);
    fail(key.source(), fmt::format("unknown key {}", quoted(key.str())),
         meant.empty() ? fmt::format("keys are {}", fmt::join(kKeys, ", "))
                       : fmt::format("did you mean {}?", meant));
  }

  std::string as_text(std::string_view key, const toml::node& node) const {
    const toml::value<std::string>* const value = node.as_string();
    if (value == nullptr || value->get().empty()) {
      fail(node.source(), fmt::format("expected a text for '{}'", key));
    }
    return value->get();
  }

  std::string text(std::string_view key) const {
    const toml::node* const node = table_.get(key);
    return node == nullptr ? "" : as_text(key, *node);
  }

  std::string required(std::string_view key) const {
    if (table_.get(key) == nullptr) {
      fail(table_.source(), fmt::format("expected '{}' in [[suppress]]", key));
    }
    return text(key);
  }

  // A text, or a list of texts.
  std::vector<std::string> list(std::string_view key) const {
    const toml::node* const node = table_.get(key);
    if (node == nullptr) return {};
    const toml::array* const array = node->as_array();
    if (array == nullptr) return {as_text(key, *node)};
    std::vector<std::string> all;
    for (const toml::node& element : *array) all.push_back(as_text(key, element));
    if (all.empty()) fail(node->source(), fmt::format("expected a text for '{}'", key));
    return all;
  }

  void read_kinds(SuppressionRule& rule) const {
    std::vector<std::string> codes;
    for (int i = 0; i <= static_cast<int>(FindingKind::kOther); ++i) {
      codes.emplace_back(code_of(static_cast<FindingKind>(i)));
    }
    for (const std::string& word : list("kind")) {
      const auto code = std::ranges::find(codes, word);
      if (code != codes.end()) {
        rule.kinds.push_back(static_cast<FindingKind>(code - codes.begin()));
      } else if (word == "leak") {
        rule.kinds.insert(rule.kinds.end(), {FindingKind::kDefiniteLeak, FindingKind::kIndirectLeak,
                                             FindingKind::kPossibleLeak, FindingKind::kReachable,
                                             FindingKind::kInUse, FindingKind::kGrowth});
      } else {
        const std::vector<std::string_view> views(codes.begin(), codes.end());
        const std::string_view meant = nearest(word, views);
        fail(table_.get("kind")->source(), fmt::format("unknown kind {}", tidemark::quoted(word)),
             meant.empty() ? fmt::format("kinds are leak, {}", fmt::join(codes, ", "))
                           : fmt::format("did you mean {}?", meant));
      }
    }
  }

  // A date, with or without quotes.
  std::string date() const {
    const toml::node* const node = table_.get("expires");
    if (node == nullptr) return "";
    if (const toml::value<toml::date>* const date = node->as_date()) {
      const toml::date day = date->get();
      return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
    }
    // Whatever is written in quotes must be a date as well.
    const toml::value<std::string>* const words = node->as_string();
    if (words != nullptr && is_date(words->get())) return words->get();
    fail(node->source(), "expected a date such as 2027-01-31 for 'expires'");
  }

  static bool is_date(std::string_view text) {
    if (text.size() != 10) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool dash = i == 4 || i == 7;
      if (dash ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
    }
    const std::string_view month = text.substr(5, 2);
    const std::string_view day = text.substr(8, 2);
    return month >= "01" && month <= "12" && day >= "01" && day <= "31";
  }

  std::string_view file_;
  const toml::table& table_;
};

toml::table parse_toml(const Input& input) {
  try {
    return toml::parse(input.bytes, input.name);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw UsageError(
        fmt::format("{}:{}:{}: {}", input.name, at.line, at.column, error.description()));
  }
}

}  // namespace

std::vector<SuppressionRule> parse_suppressions(const Input& input) {
  const toml::table file = parse_toml(input);
  std::vector<SuppressionRule> rules;
  std::set<std::string> ids;
  for (const auto& [key, value] : file) {
    const toml::array* const tables = value.as_array();
    if (key.str() != "suppress" || tables == nullptr || !tables->is_array_of_tables()) {
      const toml::source_position at = key.source().begin;
      throw UsageError(fmt::format("{}:{}:{}: expected [[suppress]], found {}", input.name, at.line,
                                   at.column, quoted(key.str())));
    }
    for (const toml::node& table : *tables) {
      SuppressionRule rule = RuleReader(input.name, *table.as_table()).read();
      if (!ids.insert(rule.id).second) {
        throw UsageError(fmt::format("{}:{}: there is another rule {}", input.name,
                                     table.source().begin.line, tidemark::quoted(rule.id)));
      }
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  localtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

}  // namespace tidemark
