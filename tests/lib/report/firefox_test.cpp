#include "lib/report/firefox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/lib/report/converters_sample.h"

namespace tidemark {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json written(const Profile& profile) { return json::parse(to_firefox(profile, 1)); }

// The functions of a sample, the outermost first.
std::vector<std::string> stack_of(const json& thread, std::size_t sample) {
  std::vector<std::string> names;
  for (json at = thread["samples"]["stack"][sample]; !at.is_null();
       at = thread["stackTable"]["prefix"][at.get<std::size_t>()]) {
    const std::size_t frame = thread["stackTable"]["frame"][at.get<std::size_t>()];
    const std::size_t function = thread["frameTable"]["func"][frame];
    const std::size_t text = thread["funcTable"]["name"][function];
    names.insert(names.begin(), thread["stringArray"][text].get<std::string>());
  }
  return names;
}

TEST(Firefox, HasATrackForEachThread) {
  const json thread = written(timed_profile())["threads"][0];
  EXPECT_EQ(thread["name"], "srv-7/8");
  EXPECT_EQ(thread["pid"], "7");
  EXPECT_EQ(thread["tid"], 8);
  EXPECT_EQ(thread["samples"]["time"], json::array({0.0, 4e-5}));
  EXPECT_EQ(thread["samples"]["weight"], json::array({4e-5, 1e-5}));
  EXPECT_EQ(thread["samples"]["weightType"], "tracing-ms");
  EXPECT_THAT(stack_of(thread, 0), ElementsAre("srv-7/8", "main", "f"));
  EXPECT_THAT(stack_of(thread, 1), ElementsAre("srv-7/8", "main", "g"));
}

TEST(Firefox, HasColumnsOfOneLength) {
  for (const Profile& profile : {timed_profile(), untimed_profile(), hostile_profile()}) {
    const json document = json::parse(to_firefox(profile, 0));
    for (const json& thread : document["threads"]) {
      for (const json& table : thread) {
        if (!table.is_object()) continue;
        for (const json& column : table) {
          if (column.is_array()) {
            EXPECT_EQ(column.size(), table["length"]);
          }
        }
      }
    }
  }
}

TEST(Firefox, NamesModulesAndLines) {
  const json document = written(timed_profile());
  const json& thread = document["threads"][0];
  EXPECT_EQ(document["libs"][0]["path"], "/bin/srv");
  EXPECT_EQ(thread["resourceTable"]["lib"], json::array({0}));
  EXPECT_EQ(thread["funcTable"]["resource"][1], 0);
  EXPECT_EQ(thread["frameTable"]["line"][1], 3);
}

TEST(Firefox, PutsStacksWithoutTimesOneByOne) {
  const json thread = written(untimed_profile())["threads"][0];
  EXPECT_EQ(thread["samples"]["time"], json::array({0.0, 1.0}));
  EXPECT_EQ(thread["samples"]["weight"], json::array({4e-5, 1e-5}));
}

}  // namespace
}  // namespace tidemark
