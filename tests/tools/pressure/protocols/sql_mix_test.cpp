#include "tools/pressure/beside/sql_mix.h"

#include <gmock/gmock.h>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

SqlMix mix_of(std::string_view text) { return parse_sql_mix({.name = "mix.sql", .bytes = text}); }

std::string error_of(std::string_view text) {
  try {
    mix_of(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

TEST(SqlMix, EntriesHaveWeightsAndNames) {
  const SqlMix mix =
      mix_of("-- weight: 60 name: look\nselect 1;\n-- name: pay\nselect 2; select 3;\n");
  ASSERT_EQ(mix.entries.size(), 2U);
  EXPECT_EQ(mix.entries[0].name, "look");
  EXPECT_EQ(mix.entries[0].weight, 60);
  EXPECT_EQ(mix.entries[1].statements.size(), 2U);
}

TEST(SqlMix, VariablesBecomeParametersButNotInStringsCastsAndComments) {
  const SqlMix mix = mix_of(
      ":a = ${int:1..9}\n:b = x\nselect :b, :a::int, ':a', \":a\", $$:a$$ /* :a */, :b; -- :a\n");
  const SqlMix::Statement& statement = mix.entries.front().statements.front();
  EXPECT_EQ(statement.text, "select $1, $2::int, ':a', \":a\", $$:a$$ , $1");
  EXPECT_THAT(statement.parameters, testing::ElementsAre(1U, 0U));
}

TEST(SqlMix, ATransactionIsToEnd) {
  EXPECT_TRUE(mix_of("BEGIN; select 1; commit;").entries.front().is_transaction);
  EXPECT_EQ(error_of("begin; select 1;\n"),
            "mix.sql:2: expected 'commit;' or 'rollback;' at the end of a transaction");
}

TEST(SqlMix, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_of(""), "mix.sql:1: expected a statement that ends with ';'");
  EXPECT_EQ(error_of("\nselect 1"), "mix.sql:2: expected ';' after this statement, found the end");
  EXPECT_EQ(error_of(":aid = 1\nselect :aidd;"), "mix.sql:2: expected a line ':aidd = ...' above");
  EXPECT_EQ(error_of("-- weight: no\nselect 1;"),
            "mix.sql:1: expected a weight above 0, found 'no'");
  EXPECT_EQ(error_of("-- name: a\n-- name: b\nselect 1;"),
            "mix.sql:1: expected a statement below this line");
  EXPECT_EQ(error_of("select 'x;"), "mix.sql:1: expected ' after this");
}

}  // namespace
}  // namespace tidemark::pressure
