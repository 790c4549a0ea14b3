#include <gmock/gmock.h>

#include "lib/base/error.h"
#include "tests/tools/pressure/protocols/one_client.h"
#include "tests/tools/pressure/protocols/service.h"
#include "tools/pressure/beside/sql_clients.h"
#include "tools/pressure/protocols/sql.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

// Clients of a real server, which work until `answers` were counted.
class SqlClientsService : public testing::Test {
 protected:
  std::string words() const {
    return "host=127.0.0.1 user=postgres dbname=postgres port=" + server.port_text();
  }

  void work(std::string_view mix, int clients, int pipeline, std::int64_t answers) {
    const std::string file = server.directory() + "/mix.sql";
    write_file(file, mix);
    load::Scenario scenario;
    scenario.load.timeout = std::chrono::seconds(20);
    Loop loop;
    tally.begin_stage(0, loop.now());
    SqlClients beside(
        {.loop = &loop, .tally = &tally, .scenario = &scenario, .name = "sql"},
        {.connection = words(), .clients = clients, .pipeline = pipeline, .file = file});
    beside.start();
    const std::function<void()> look = [&] {
      std::int64_t sum = 0;
      for (const std::string& label : tally.labels()) {
        const Counts counts = tally.total(tally.label(label));
        sum += counts.done + counts.failed();
      }
      if (sum >= answers) return loop.stop();
      loop.at(loop.now() + 5 * kMillisecond, look);
    };
    loop.at(loop.now(), look);
    loop.run();
    beside.stop();
  }

  Counts counts(std::string_view label) { return tally.total(tally.label(label)); }

  // What the server says, as text.
  std::string asked(std::string_view statement) {
    OneClient<SqlClient> one(words());
    load::Request request = sql(statement);
    request.captures = {{.name = "got", .pointer = "/0/0"}};
    one.call(request);
    return one.values.captured["got"];
  }

  Service server = Service::postgres();
  Tally tally;
};

TEST_F(SqlClientsService, CountEachEntryByItsWeight) {
  work(
      "-- weight: 90 name: often\n:a = ${int:1..9}\nselect :a::int;\n-- weight: 10 name: "
      "seldom\nselect 1;\n",
      4, 8, 5000);
  EXPECT_EQ(counts("sql.often").failed() + counts("sql.seldom").failed(), 0);
  EXPECT_NEAR(static_cast<double>(counts("sql.often").done) /
                  static_cast<double>(counts("sql.seldom").done),
              9, 3);
}

TEST_F(SqlClientsService, ATransactionThatFailsIsRolledBackAndFailsAlone) {
  asked("create table t (i int check (i < 5))");
  work(
      "-- weight: 50 name: bad\nbegin; insert into t values (1); insert into t values (9); "
      "commit;\n"
      "-- weight: 50 name: good\nselect 1;\n",
      2, 16, 1000);
  EXPECT_GT(counts("sql.bad").failures[static_cast<std::size_t>(Failure::kStatus)], 100);
  EXPECT_EQ(counts("sql.bad").done, 0);
  EXPECT_EQ(counts("sql.good").failed(), 0);
  EXPECT_EQ(asked("select count(*) from t"), "0");
}

TEST_F(SqlClientsService, CommitWhatTheyDo) {
  asked("create table t (i int)");
  work("begin; insert into t values (1); insert into t values (2); commit;", 2, 4, 100);
  EXPECT_GE(std::stoll(asked("select count(*) from t")), 2 * counts("sql").done);
}

TEST_F(SqlClientsService, AStatementThatCannotBePreparedIsCounted) {
  work("select nothing from nowhere;", 1, 1, 1);
  EXPECT_EQ(counts("sql").failures[static_cast<std::size_t>(Failure::kStatus)], 1);
}

TEST(SqlClients, DoNotLoadAnotherMachine) {
  EXPECT_THROW(SqlClients({.name = "sql"}, {.connection = "host=192.0.2.1"}), UsageError);
}

}  // namespace
}  // namespace tidemark::pressure
