#include <gmock/gmock.h>

#include "tests/tools/pressure/protocols/one_client.h"
#include "tests/tools/pressure/protocols/service.h"
#include "tools/pressure/protocols/sql.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
constexpr auto kSimple = load::SqlCommand::Mode::kSimple;

class SqlService : public testing::Test {
 protected:
  std::string words(const std::string& more = "") const {
    return "host=127.0.0.1 user=postgres dbname=postgres port=" + server.port_text() + more;
  }
  Service server = Service::postgres();
};

TEST_F(SqlService, ExecutesPreparedStatementsWithParameters) {
  OneClient<SqlClient> one(words());
  const load::Request add =
      sql("select $1::int + 1", {"${seq}"}, {.pointer = "/0/0", .equals = "2"});
  EXPECT_EQ(one.call(add).failure, Failure::kNone);
  EXPECT_EQ(one.call(add).failure, Failure::kExpectation);  // ${seq} is 2 now
}

TEST_F(SqlService, PreparesAStatementOnce) {
  OneClient<SqlClient> one(words());
  const load::Request query = sql("select $1::int", {"7"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(one.call(query).failure, Failure::kNone);
  const load::Request count = sql("select count(*) from pg_prepared_statements", {},
                                  {.pointer = "/0/0", .equals = "1"}, kSimple);
  EXPECT_EQ(one.call(count).failure, Failure::kNone);
}

TEST_F(SqlService, LooksIntoRowsAndColumns) {
  OneClient<SqlClient> one(words());
  const std::string rows = "select i as number, 'x' || i as name from generate_series(1, 3) i";
  EXPECT_EQ(one.call(sql(rows, {}, {.status = 3})).failure, Failure::kNone);
  EXPECT_EQ(one.call(sql(rows, {}, {.status = 2})).failure, Failure::kExpectation);
  EXPECT_EQ(one.call(sql(rows, {}, {.contains = "2\n3"})).failure, Failure::kNone);
  EXPECT_EQ(one.call(sql(rows, {}, {.contains = "x2"})).failure, Failure::kExpectation);
  EXPECT_EQ(one.call(sql(rows, {}, {.pointer = "/2/name", .equals = "x3"})).failure,
            Failure::kNone);
  EXPECT_EQ(one.call(sql(rows, {}, {.pointer = "/3/0"})).failure, Failure::kExpectation);
}

TEST_F(SqlService, SimpleTextMayHoldATransaction) {
  OneClient<SqlClient> one(words());
  const load::Request work =
      sql("begin; create table t (i int); insert into t values (1), (2); commit", {}, {}, kSimple);
  EXPECT_EQ(one.call(work).failure, Failure::kNone);
  EXPECT_EQ(one.call(sql("update t set i = i + 1", {}, {.status = 2})).failure, Failure::kNone);
}

TEST_F(SqlService, AnErrorIsAStatusAndTheConnectionGoesOn) {
  OneClient<SqlClient> one(words());
  const load::Request pid = sql("select pg_backend_pid()");
  load::Request first = pid;
  first.captures = {{.name = "got", .pointer = "/0/0"}};
  one.call(first);
  EXPECT_EQ(one.call(sql("select 1/0")).failure, Failure::kStatus);
  EXPECT_EQ(one.call(sql("selec 1")).failure, Failure::kStatus);
  EXPECT_EQ(one.call(sql("select pg_backend_pid() = $1::int", {"${got}"},
                         {.pointer = "/0/0", .equals = "t"}))
                .failure,
            Failure::kNone);
}

TEST_F(SqlService, ATransactionThatFailedIsRolledBack) {
  OneClient<SqlClient> one(words());
  EXPECT_EQ(one.call(sql("begin; select 1/0; commit", {}, {}, kSimple)).failure, Failure::kStatus);
  EXPECT_EQ(one.call(sql("select 1", {}, {.pointer = "/0/0", .equals = "1"})).failure,
            Failure::kNone);
}

TEST_F(SqlService, CopyIsRefusedRatherThanWaitedFor) {
  OneClient<SqlClient> one(words());
  EXPECT_EQ(one.call(sql("copy (select 1) to stdout", {}, {}, kSimple)).failure, Failure::kStatus);
  EXPECT_EQ(one.call(sql("select 1")).failure, Failure::kNone);
}

TEST_F(SqlService, AnAnswerThatTakesTooLongIsATimeout) {
  OneClient<SqlClient> one(words(), with_timeout(std::chrono::milliseconds(300)));
  EXPECT_EQ(one.call(sql("select pg_sleep(30)")).failure, Failure::kTimeout);
  EXPECT_EQ(one.call(sql("select 1")).failure, Failure::kNone);
}

TEST_F(SqlService, AnAnswerThatIsTooLongIsGivenUp) {
  OneClient<SqlClient> one(words(), with_timeout(std::chrono::seconds(30)));
  const load::Request endless =
      sql("select repeat('x', 1000) from generate_series(1, 200000)", {}, {}, kSimple);
  EXPECT_EQ(one.call(endless).failure, Failure::kTooLong);
}

TEST_F(SqlService, MayGoAwayAndComeBack) {
  OneClient<SqlClient> one(words());
  const load::Request query = sql("select 1");
  EXPECT_EQ(one.call(query).failure, Failure::kNone);
  server.stop();
  EXPECT_EQ(one.call(query).failure, Failure::kClosed);
  EXPECT_EQ(one.call(query).failure, Failure::kConnect);
  server.restart();
  EXPECT_EQ(one.call(query).failure, Failure::kNone);
}

TEST_F(SqlService, ABackendThatIsEndedIsClosed) {
  OneClient<SqlClient> one(words());
  const load::Request self = sql("select pg_terminate_backend(pg_backend_pid())");
  EXPECT_EQ(one.call(self).failure, Failure::kClosed);
  EXPECT_EQ(one.call(sql("select 1")).failure, Failure::kNone);
}

TEST_F(SqlService, WhoIsNotLetInGetsAStatus) {
  OneClient<SqlClient> one(words(" dbname=nowhere"));
  EXPECT_EQ(one.call(sql("select 1")).failure, Failure::kStatus);
}

}  // namespace
}  // namespace tidemark::pressure
