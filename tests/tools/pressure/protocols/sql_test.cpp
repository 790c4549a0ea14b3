#include "tools/pressure/protocols/sql.h"

#include <gmock/gmock.h>

#include "lib/base/error.h"
#include "tests/lib/http/wire.h"
#include "tests/tools/pressure/protocols/one_client.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using Then = Responder::Then;
using namespace std::string_literals;

const std::string kLetIn = "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"s;

Failure failure_from(std::string bytes, Then then,
                     std::chrono::milliseconds timeout = std::chrono::milliseconds(300)) {
  Responder server(std::move(bytes), then);
  OneClient<SqlClient> one(
      "host=127.0.0.1 user=x sslmode=disable port=" + std::to_string(server.port()),
      with_timeout(timeout));
  return one.call(sql("select 1", {}, {}, load::SqlCommand::Mode::kSimple)).failure;
}

TEST(Sql, AServerThatSaysNothingIsATimeout) {
  EXPECT_EQ(failure_from("", Then::kStay), Failure::kTimeout);
  EXPECT_EQ(failure_from(kLetIn, Then::kStay), Failure::kTimeout);
}

TEST(Sql, AServerThatClosesIsCountedAsThat) {
  EXPECT_EQ(failure_from("", Then::kClose), Failure::kClosed);
  EXPECT_EQ(failure_from(kLetIn, Then::kClose), Failure::kClosed);
}

TEST(Sql, WhatIsNoPostgresqlIsGarbage) {
  EXPECT_EQ(failure_from("HTTP/1.1 400 Bad Request\r\n\r\n", Then::kStay), Failure::kGarbage);
  EXPECT_EQ(failure_from("\0\0\0\0\0\0\0\0\0\0\0\0"s, Then::kStay), Failure::kGarbage);
  EXPECT_EQ(failure_from(kLetIn + std::string(100'000, '\xff'), Then::kStay), Failure::kGarbage);
}

TEST(Sql, ARowWithoutEndIsGivenUp) {
  // A row of one column that says it has 1 GB.
  const std::string header =
      "T\0\0\0\x1a\0\x01x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"s;
  const std::string row = "D\x3f\xff\xff\xff\0\x01\x3f\xff\xff\xf5"s;
  const std::string much(2 * PostgresConnection::kLongestAnswer, 'x');
  // When libpq gets all that ever comes in one go, nothing is left but to wait.
  EXPECT_THAT(failure_from(kLetIn + header + row + much, Then::kStay, std::chrono::seconds(2)),
              testing::AnyOf(Failure::kTooLong, Failure::kTimeout));
}

TEST(Sql, NobodyThereIsAFailureToConnect) {
  std::uint16_t port = 0;
  {
    const Responder gone("");
    port = gone.port();
  }
  OneClient<SqlClient> one("host=127.0.0.1 user=x port=" + std::to_string(port));
  EXPECT_EQ(one.call(sql("select 1")).failure, Failure::kConnect);
}

TEST(Sql, AHostThatIsNotThisMachineHasToBeOwned) {
  const load::Target target = load::parse_target("host=192.0.2.1 dbname=app", "target");
  const Addresses addresses = Addresses::of(target);
  EXPECT_THROW(require_ours(target, addresses, {}), UsageError);
  EXPECT_NO_THROW(require_ours(target, addresses, {"192.0.2.1"}));
}

TEST(Sql, ThisMachineIsOurs) {
  for (const char* words :
       {"dbname=app", "postgres://127.0.0.1/app", "host=/run/postgresql,::1 dbname=app"}) {
    const load::Target target = load::parse_target(words, "target");
    EXPECT_NO_THROW(require_ours(target, Addresses::of(target), {})) << words;
  }
}

TEST(Sql, EveryHostOfAListCounts) {
  const load::Target target = load::parse_target("host=127.0.0.1,192.0.2.1 dbname=app", "target");
  EXPECT_THROW(require_ours(target, Addresses::of(target), {}), UsageError);
}

TEST(Sql, EveryHostHasItsPort) {
  const auto places = postgres_places("host=a,/run,c port=1,2,3");
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[1].host, "/run");
  EXPECT_EQ(places[2].port, 3);
  EXPECT_EQ(postgres_places("host=a,b port=7").at(1).port, 7);
}

TEST(Sql, AServiceFileMayLeadAnywhere) {
  EXPECT_THROW(postgres_places("service=prod"), UsageError);
}

}  // namespace
}  // namespace tidemark::pressure
