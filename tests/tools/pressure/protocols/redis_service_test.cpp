#include <gmock/gmock.h>

#include "tests/tools/pressure/protocols/one_client.h"
#include "tests/tools/pressure/protocols/service.h"
#include "tools/pressure/protocols/redis.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

TEST(RedisService, AnswersWhatItWasTold) {
  const Service server = Service::redis();
  OneClient<RedisClient> one("redis://127.0.0.1:" + server.port_text());
  EXPECT_EQ(one.call(redis("SET a ${seq}")).failure, Failure::kNone);
  EXPECT_EQ(one.call(redis("GET a", {.equals = "1"})).failure, Failure::kNone);
  EXPECT_EQ(one.call(redis("GET b", {.pointer = "/0"})).failure, Failure::kExpectation);
  EXPECT_EQ(one.call(redis("LPUSH a x")).failure, Failure::kStatus);
  one.call(redis("RPUSH list x y z"));
  EXPECT_EQ(one.call(redis("LRANGE list 0 -1", {.pointer = "/2", .equals = "z"})).failure,
            Failure::kNone);
}

TEST(RedisService, CarriesLargeValues) {
  const Service server = Service::redis();
  OneClient<RedisClient> one("redis://127.0.0.1:" + server.port_text());
  EXPECT_EQ(one.call(redis("SET a ${text:8MiB}")).failure, Failure::kNone);
  EXPECT_EQ(one.call(redis("STRLEN a", {.equals = "8388608"})).failure, Failure::kNone);
  EXPECT_EQ(one.call(redis("GET a")).bytes, 8388608 + 12);
}

TEST(RedisService, AsksForAPasswordAndADataBase) {
  const Service server = Service::redis({"--requirepass", "secret"});
  const std::string place = "@127.0.0.1:" + server.port_text();
  OneClient<RedisClient> one("redis://:secret" + place + "/5");
  EXPECT_EQ(one.call(redis("SET here yes")).failure, Failure::kNone);
  OneClient<RedisClient> other("redis://:secret" + place + "/6");
  EXPECT_EQ(other.call(redis("EXISTS here", {.equals = "0"})).failure, Failure::kNone);
  OneClient<RedisClient> wrong("redis://:guess" + place);
  EXPECT_EQ(wrong.call(redis("PING")).failure, Failure::kStatus);
}

TEST(RedisService, ListensOnAUnixSocket) {
  const Service server = Service::redis();
  OneClient<RedisClient> one("redis://unix:" + server.directory() + "/s");
  EXPECT_EQ(one.call(redis("PING", {.equals = "PONG"})).failure, Failure::kNone);
}

TEST(RedisService, MayHaveManyCommandsUnderWay) {
  const Service server = Service::redis();
  load::LoadPlan plan;
  plan.pipeline = 16;
  OneClient<RedisClient> one("redis://127.0.0.1:" + server.port_text(), plan);
  const std::vector<load::Request> many(1000, redis("INCR n"));
  for (const Outcome& outcome : one.calls(many)) ASSERT_EQ(outcome.failure, Failure::kNone);
  EXPECT_EQ(one.call(redis("GET n", {.equals = "1000"})).failure, Failure::kNone);
}

TEST(RedisService, MayGoAwayAndComeBack) {
  Service server = Service::redis();
  OneClient<RedisClient> one("redis://127.0.0.1:" + server.port_text());
  const load::Request ping = redis("PING");
  EXPECT_EQ(one.call(ping).failure, Failure::kNone);
  server.stop();
  EXPECT_THAT(one.call(ping).failure, testing::AnyOf(Failure::kClosed, Failure::kReset));
  EXPECT_EQ(one.call(ping).failure, Failure::kConnect);
  server.restart();
  EXPECT_EQ(one.call(ping).failure, Failure::kNone);
}

}  // namespace
}  // namespace tidemark::pressure
