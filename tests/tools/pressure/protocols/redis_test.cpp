#include "tools/pressure/protocols/redis.h"

#include <gmock/gmock.h>

#include "tests/lib/http/wire.h"
#include "tests/tools/pressure/protocols/one_client.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

std::string redis_at(const Responder& server, std::string_view more = "") {
  return "redis://127.0.0.1:" + std::to_string(server.port()) + std::string(more);
}

// For what has to go through the machine first.
constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(30);

// What a call ends with when the server answers with `bytes` and then stays or closes.
Failure failure_from(std::string bytes, Responder::Then then = Responder::Then::kStay,
                     const load::Expectation& expect = {},
                     std::chrono::milliseconds timeout = std::chrono::milliseconds(200)) {
  Responder server(std::move(bytes), then);
  OneClient<RedisClient> one(redis_at(server), with_timeout(timeout));
  return one.call(redis("PING", expect)).failure;
}

TEST(Redis, SendsACommandInTheProtocolsWords) {
  Responder server("+OK\r\n");
  OneClient<RedisClient> one(redis_at(server));
  one.call(redis("SET key ${seq}"));
  EXPECT_EQ(server.request(), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\n1\r\n");
}

TEST(Redis, SaysWhoItIsAndWhichDataBaseFirst) {
  Responder server("+OK\r\n+OK\r\n+PONG\r\n", Responder::Then::kStay);
  OneClient<RedisClient> one("redis://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/3");
  const load::Request ping = redis("PING", {.equals = "PONG"});
  EXPECT_EQ(one.call(ping).failure, Failure::kNone);
  EXPECT_THAT(server.request(),
              testing::StartsWith("*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\nsecret\r\n"
                                  "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"));
}

TEST(Redis, CountsTheBytesOfTheAnswer) {
  Responder server("$5\r\nhello\r\n", Responder::Then::kStay);
  OneClient<RedisClient> one(redis_at(server));
  EXPECT_EQ(one.call(redis("GET x")).bytes, 11);
}

TEST(Redis, TakesSeveralAnswersOutOfOneRead) {
  Responder server("+A\r\n:2\r\n$-1\r\n", Responder::Then::kStay);
  load::LoadPlan plan;
  plan.pipeline = 3;
  OneClient<RedisClient> one(redis_at(server), plan);
  const std::vector<load::Request> three = {redis("ONE", {.equals = "A"}),
                                            redis("TWO", {.equals = "2"}), redis("THREE")};
  for (const Outcome& outcome : one.calls(three)) EXPECT_EQ(outcome.failure, Failure::kNone);
}

TEST(Redis, AnErrorReplyIsAStatus) {
  EXPECT_EQ(failure_from("-ERR no\r\n"), Failure::kStatus);
  EXPECT_EQ(failure_from("-ERR no\r\n", Responder::Then::kStay, {.contains = "ERR"}),
            Failure::kStatus);
}

TEST(Redis, ARefusedPasswordIsAStatus) {
  Responder server("-WRONGPASS no\r\n", Responder::Then::kStay);
  OneClient<RedisClient> one("redis://:no@127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(one.call(redis("PING")).failure, Failure::kStatus);
}

struct Case {
  std::string bytes;
  Failure failure;
};

class HostileRedis : public testing::TestWithParam<Case> {};

TEST_P(HostileRedis, IsCountedByKind) {
  EXPECT_EQ(failure_from(GetParam().bytes), GetParam().failure);
}

std::string nested(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + "+x\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Servers, HostileRedis,
    testing::Values(Case{"", Failure::kTimeout}, Case{"+PON", Failure::kTimeout},
                    Case{"HTTP/1.1 400 Bad Request\r\n\r\n", Failure::kGarbage},
                    Case{"$-2\r\n", Failure::kGarbage}, Case{"*99999999999\r\n", Failure::kGarbage},
                    Case{"$2147483647\r\nx", Failure::kTimeout},
                    Case{"*2147483647\r\n:1\r\n", Failure::kTimeout},
                    Case{nested(6), Failure::kNone}, Case{nested(20), Failure::kGarbage},
                    Case{"+" + std::string(200'000, 'x'), Failure::kTooLong},
                    Case{"$1" + std::string(200'000, '1'), Failure::kTooLong}));

TEST(Redis, AServerThatClosesIsCountedAsThat) {
  EXPECT_EQ(failure_from("", Responder::Then::kClose), Failure::kClosed);
  EXPECT_EQ(failure_from("$10\r\nhal", Responder::Then::kClose), Failure::kClosed);
}

TEST(Redis, ABulkWithoutEndIsTooLong) {
  const std::string much(RedisClient::kLongestAnswer + 100'000, 'x');
  EXPECT_EQ(failure_from("$200000000\r\n" + much, Responder::Then::kStay, {}, kPatience),
            Failure::kTooLong);
}

TEST(Redis, AnArrayWithoutEndIsTooLong) {
  std::string elements = "*2147483647\r\n";
  const std::string element = "$1000\r\n" + std::string(1000, 'x') + "\r\n";
  while (elements.size() < RedisClient::kLongestAnswer + 100'000) elements += element;
  EXPECT_EQ(failure_from(elements, Responder::Then::kStay, {}, kPatience), Failure::kTooLong);
}

TEST(Redis, NobodyThereIsAFailureToConnect) {
  std::uint16_t port = 0;
  {
    const Responder gone("");
    port = gone.port();
  }
  OneClient<RedisClient> one("redis://127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(one.call(redis("PING")).failure, Failure::kConnect);
}

TEST(Redis, ConnectsAgainAfterALoss) {
  Responder server("+PONG\r\n", Responder::Then::kClose);
  OneClient<RedisClient> one(redis_at(server));
  const load::Request ping = redis("PING");
  EXPECT_EQ(one.call(ping).failure, Failure::kNone);
  // The first connection is closed now; whether that is seen before the next call or by it
  // is a matter of time.
  one.call(ping);
  EXPECT_EQ(one.call(ping).failure, Failure::kNone);
}

TEST(Redis, CloseEndsWhatIsUnderWay) {
  Responder server("", Responder::Then::kStay);
  OneClient<RedisClient> one(redis_at(server));
  one.loop.at(one.loop.now() + 20 * kMillisecond, [&] { one.client.close(); });
  EXPECT_EQ(one.call(redis("PING")).failure, Failure::kClosed);
}

TEST(Redis, LooksIntoArraysByPointer) {
  const std::string answer = "*3\r\n$1\r\na\r\n*2\r\n:7\r\n$-1\r\n$1\r\nc\r\n";
  using Then = Responder::Then;
  EXPECT_EQ(failure_from(answer, Then::kStay, {.pointer = "/1/0", .equals = "7"}), Failure::kNone);
  EXPECT_EQ(failure_from(answer, Then::kStay, {.contains = "a\n7\nc"}), Failure::kNone);
  EXPECT_EQ(failure_from(answer, Then::kStay, {.pointer = "/1/1"}), Failure::kExpectation);
  EXPECT_EQ(failure_from(answer, Then::kStay, {.pointer = "/3"}), Failure::kExpectation);
  EXPECT_EQ(failure_from(answer, Then::kStay, {.pointer = "/0", .equals = "b"}),
            Failure::kExpectation);
}

TEST(Redis, WhatAnAnswerGaveGoesIntoALaterCommand) {
  Responder server("$2\r\n42\r\n");
  OneClient<RedisClient> one(redis_at(server));
  load::Request incr = redis("INCR x");
  incr.captures = {{.name = "got", .pointer = ""}};
  one.call(incr);
  EXPECT_EQ(one.values.captured["got"], "42");
}

}  // namespace
}  // namespace tidemark::pressure
