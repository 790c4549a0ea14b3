#include "tools/pressure/engine/json.h"

#include <gmock/gmock.h>

#include <string>

namespace tidemark::pressure {
namespace {

using testing::Optional;

const std::string kText =
    R"({"a":{"b":[1,"two",null,3.7,{"c":"x"}]},"n":"42","big":18446744073709551615})";

TEST(Json, GivesWhatStandsAtAPointerAsText) {
  const std::optional<Json> json = Json::parse(kText);
  ASSERT_TRUE(json);
  EXPECT_THAT(json->text_at("/a/b/1"), Optional(std::string("two")));
  EXPECT_THAT(json->text_at("/a/b/0"), Optional(std::string("1")));
  EXPECT_THAT(json->text_at("/a/b/4"), Optional(std::string(R"({"c":"x"})")));
  EXPECT_THAT(json->text_at("/a/b/2"), Optional(std::string("null")));
}

TEST(Json, APointerThatIsNoneMatchesNothing) {
  const std::optional<Json> json = Json::parse(kText);
  for (const char* pointer :
       {"a", "/a/b/9", "/a/b/-", "/a/b/01", "/~2", "/a/b/x", "/a//", "/n/0"}) {
    EXPECT_FALSE(json->has(pointer)) << pointer;
    EXPECT_EQ(json->text_at(pointer), std::nullopt) << pointer;
  }
  EXPECT_TRUE(json->has(""));
}

TEST(Json, ReadsNumbersAlsoFromStrings) {
  const std::optional<Json> json = Json::parse(kText);
  EXPECT_THAT(json->number_at("/n"), Optional(42));
  EXPECT_THAT(json->number_at("/a/b/3"), Optional(3));
  EXPECT_EQ(json->number_at("/a/b/1"), std::nullopt);
  EXPECT_EQ(json->number_at("/big"), std::nullopt);
}

TEST(Json, RefusesWhatIsNoJsonOrTooDeep) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"a\":\"\xff\"}"), std::string("[1] x"),
        std::string(1'000'000, '['), std::string(600, '[') + std::string(600, ']')}) {
    EXPECT_FALSE(Json::parse(text)) << text.substr(0, 20);
  }
  EXPECT_TRUE(Json::parse(std::string(400, '[') + std::string(400, ']')));
  EXPECT_TRUE(Json::parse("[\"" + std::string(1000, '[') + "\\\"[\"]"));
}

}  // namespace
}  // namespace tidemark::pressure
