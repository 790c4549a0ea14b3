#include "lib/suppress/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <iterator>
#include <set>
#include <utility>

#include "lib/base/lines.h"
#include "lib/toml/value.h"

namespace tidemark {
namespace {

constexpr std::string_view kKeys[] = {"id",   "kind",  "function", "module", "stack",
                                      "tool", "owner", "reason",   "expires"};
constexpr std::size_t kMostItems = 100'000;

// One [[suppress]] table on its way to a rule.
class RuleReader {
 public:
  explicit RuleReader(const TomlValue& table) : table_(table) {}

  SuppressionRule read() const {
    table_.only(kKeys);
    SuppressionRule rule;
    rule.id = as_text(table_.need("id"));
    rule.owner = as_text(table_.need("owner"));
    rule.reason = as_text(table_.need("reason"));
    rule.module = text("module");
    rule.tool = text("tool");
    rule.functions = list("function");
    rule.stack = list("stack");
    rule.expires = date();
    read_kinds(rule);
    if (rule.functions.empty() && rule.module.empty() && rule.stack.empty()) {
      table_.fail(
          fmt::format("{} needs a function, a module or a stack: without one it "
                      "would hide everything",
                      tidemark::quoted(rule.id)));
    }
    return rule;
  }

 private:
  static const std::string& as_text(const TomlValue& value) {
    if (!value.is_text() || value.text().empty()) value.fail("expected a text");
    return value.text();
  }

  std::string text(std::string_view key) const {
    const auto value = table_.get(key);
    return value ? as_text(*value) : "";
  }

  // A text, or a list of texts.
  std::vector<std::string> list(std::string_view key) const {
    const auto value = table_.get(key);
    if (!value) return {};
    if (!value->is_list()) return {as_text(*value)};
    std::vector<std::string> all;
    for (const TomlValue& item : value->items(kMostItems)) all.push_back(as_text(item));
    if (all.empty()) value->fail("expected a text");
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
        std::vector<std::string_view> views = {"leak"};
        views.insert(views.end(), codes.begin(), codes.end());
        table_.need("kind").fail_unknown("kind", word, views);
      }
    }
  }

  std::string date() const {
    const auto value = table_.get("expires");
    return value ? value->date() : "";
  }

  const TomlValue& table_;
};

}  // namespace

std::vector<SuppressionRule> parse_suppressions(const Input& input) {
  const TomlNode node = parse_toml(input);
  const TomlValue file(input.name, node);
  std::vector<SuppressionRule> rules;
  std::set<std::string> ids;
  for (const TomlValue& tables : file.members(kMostItems)) {
    if (tables.key() != "suppress" || !tables.is_list()) {
      tables.fail_at_key("expected [[suppress]]");
    }
    for (const TomlValue& table : tables.items(kMostItems)) {
      rules.push_back(RuleReader(table).read());
      const std::string& id = rules.back().id;
      if (!ids.insert(id).second) {
        table.fail(fmt::format("there is another rule {}", tidemark::quoted(id)));
      }
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
