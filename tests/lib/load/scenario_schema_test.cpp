#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "lib/base/file.h"
#include "lib/load/scenario_keys.h"

namespace tidemark::load {
namespace {

nlohmann::json definitions() {
  const File file = read_file(TIDEMARK_TEST_DATA "/../../docs/pressure-scenario.schema.json");
  return nlohmann::json::parse(file.bytes()).at("definitions");
}

TEST(ScenarioSchema, HasTheKeysThatTheReaderKnows) {
  const nlohmann::json tables = definitions();
  for (const KeysOfTable& table : kScenarioTables) {
    const std::string name(table.table);
    ASSERT_TRUE(tables.contains(name)) << name;
    std::set<std::string> in_schema;
    for (const auto& [key, value] : tables[name].at("properties").items()) in_schema.insert(key);
    EXPECT_EQ(in_schema, std::set<std::string>(table.keys.begin(), table.keys.end())) << name;
    EXPECT_EQ(tables[name].at("additionalProperties"), false) << name;
  }
}

TEST(ScenarioSchema, HasNoOtherTables) {
  std::set<std::string> known;
  for (const KeysOfTable& table : kScenarioTables) known.insert(std::string(table.table));
  const nlohmann::json tables = definitions();
  for (const auto& [name, table] : tables.items()) {
    EXPECT_EQ(table.contains("properties"), known.contains(name)) << name;
  }
}

TEST(ScenarioSchema, IsExplainedKeyByKey) {
  const File file = read_file(TIDEMARK_TEST_DATA "/../../docs/pressure.md");
  const std::string text(file.bytes());
  for (const KeysOfTable& table : kScenarioTables) {
    for (const std::string_view key : table.keys) {
      // "`rate`", "`[load]`", "`[persona.NAME]`", "`[[fault]]`".
      const std::regex named("`\\[*" + std::string(key) + "[`\\].]");
      EXPECT_TRUE(std::regex_search(text, named)) << table.table << ": " << key;
    }
  }
}

}  // namespace
}  // namespace tidemark::load
