#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "lib/base/file.h"

namespace tidemark {

// The tables of a JSON schema of ours: docs/`name`.
inline nlohmann::json schema_tables(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/../../docs/" + name);
  return nlohmann::json::parse(file.bytes()).at("definitions");
}

// Each of `known`, tables with the keys that a reader knows, is in the schema with just these.
template <class Known>
void expect_keys(const nlohmann::json& tables, const Known& known) {
  for (const auto& table : known) {
    const std::string name(table.table);
    ASSERT_TRUE(tables.contains(name)) << name;
    std::set<std::string> in_schema;
    for (const auto& [key, value] : tables[name].at("properties").items()) in_schema.insert(key);
    EXPECT_EQ(in_schema, std::set<std::string>(table.keys.begin(), table.keys.end())) << name;
    EXPECT_EQ(tables[name].at("additionalProperties"), false) << name;
  }
}

// And no table with keys besides.
template <class Known>
void expect_no_other_tables(const nlohmann::json& tables, const Known& known) {
  std::set<std::string> names;
  for (const auto& table : known) names.insert(std::string(table.table));
  for (const auto& [name, table] : tables.items()) {
    EXPECT_EQ(table.contains("properties"), names.contains(name)) << name;
  }
}

}  // namespace tidemark
