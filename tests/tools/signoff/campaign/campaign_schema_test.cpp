#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "lib/base/file.h"
#include "tools/signoff/campaign/campaign_keys.h"

namespace tidemark::signoff {
namespace {

nlohmann::json definitions() {
  const File file = read_file(TIDEMARK_TEST_DATA "/../../docs/signoff-campaign.schema.json");
  return nlohmann::json::parse(file.bytes()).at("definitions");
}

TEST(CampaignSchema, HasTheKeysThatTheReaderKnows) {
  const nlohmann::json tables = definitions();
  for (const KeysOfTable& table : kCampaignTables) {
    const std::string name(table.table);
    ASSERT_TRUE(tables.contains(name)) << name;
    std::set<std::string> in_schema;
    for (const auto& [key, value] : tables[name].at("properties").items()) in_schema.insert(key);
    EXPECT_EQ(in_schema, std::set<std::string>(table.keys.begin(), table.keys.end())) << name;
    EXPECT_EQ(tables[name].at("additionalProperties"), false) << name;
  }
}

TEST(CampaignSchema, HasNoOtherTables) {
  std::set<std::string> known;
  for (const KeysOfTable& table : kCampaignTables) known.insert(std::string(table.table));
  const nlohmann::json tables = definitions();
  for (const auto& [name, table] : tables.items()) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(CampaignSchema, IsExplainedKeyByKey) {
  const File file = read_file(TIDEMARK_TEST_DATA "/../../docs/signoff-campaign.md");
  const std::string text(file.bytes());
  for (const KeysOfTable& table : kCampaignTables) {
    for (const std::string_view key : table.keys) {
      // "`rate`", "`[score]`", "`[target.NAME]`", "`[[phase.run]]`", or a line of the example.
      const std::regex named("(`\\[*(phase\\.)?" + std::string(key) + "[`\\].])|(\n" +
                             std::string(key) + " = )");
      EXPECT_TRUE(std::regex_search(text, named)) << table.table << ": " << key;
    }
  }
}

}  // namespace
}  // namespace tidemark::signoff
