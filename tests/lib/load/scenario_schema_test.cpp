#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "lib/base/file.h"
#include "lib/load/scenario_keys.h"
#include "tests/lib/schema_keys.h"

namespace tidemark::load {
namespace {

const char* const kSchema = "pressure-scenario.schema.json";

TEST(ScenarioSchema, HasTheKeysThatTheReaderKnows) {
  expect_keys(schema_tables(kSchema), kScenarioTables);
}

TEST(ScenarioSchema, HasNoOtherTables) {
  expect_no_other_tables(schema_tables(kSchema), kScenarioTables);
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
