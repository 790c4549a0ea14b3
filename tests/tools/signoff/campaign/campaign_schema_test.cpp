#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "lib/base/file.h"
#include "tests/lib/schema_keys.h"
#include "tools/signoff/campaign/campaign_keys.h"

namespace tidemark::signoff {
namespace {

const char* const kSchema = "signoff-campaign.schema.json";

TEST(CampaignSchema, HasTheKeysThatTheReaderKnows) {
  expect_keys(schema_tables(kSchema), kCampaignTables);
}

TEST(CampaignSchema, HasNoOtherTables) {
  expect_no_other_tables(schema_tables(kSchema), kCampaignTables);
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
