#include "lib/report/json_writer.h"

#include <gmock/gmock.h>

#include <cmath>

namespace tidemark {
namespace {

TEST(JsonWriter, SeparatesWhatItWrites) {
  JsonWriter json;
  json.open('{')
      .key("a")
      .number(1.5)
      .key("b")
      .open('[')
      .number(std::int64_t{1})
      .truth(false)
      .null();
  json.open('{').close().close().key("c").text("x").close();
  EXPECT_EQ(json.out(), R"({"a":1.5,"b":[1,false,null,{}],"c":"x"})");
}

TEST(JsonWriter, EscapesWhateverTheTextIs) {
  JsonWriter json;
  json.open('[').text("\"\\\x1b[31m\xff").close();
  EXPECT_EQ(json.out(), R"(["\"\\\\x1b[31m\\xff"])");
}

TEST(JsonWriter, WritesNullForWhatIsNoNumber) {
  JsonWriter json;
  json.open('[').number(std::nan("")).number(INFINITY).close();
  EXPECT_EQ(json.out(), "[null,null]");
}

}  // namespace
}  // namespace tidemark
