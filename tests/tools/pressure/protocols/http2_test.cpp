#include "tools/pressure/protocols/http2.h"

#include <gmock/gmock.h>

#include "tests/lib/http/wire.h"
#include "tests/tools/pressure/protocols/one_client.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using Then = Responder::Then;
using namespace std::string_literals;

// Types and flags of frames (RFC 9113, 6).
enum : std::uint8_t { kData, kHeaders, kReset = 3, kSettings = 4, kGoaway = 7, kContinuation = 9 };
enum : std::uint8_t { kNoFlags = 0, kEndStream = 1, kEndHeaders = 4 };

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string frame(std::uint8_t type, int flags, std::uint32_t stream, const std::string& payload) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + number(stream, 4) + payload;
}

const std::string kHello = frame(kSettings, kNoFlags, 0, "");
const std::string kStatus200 = "\x88"s;  // HPACK's static table
const std::string kAnswer = kHello + frame(kHeaders, kEndHeaders | kEndStream, 1, kStatus200);

Outcome outcome_from(std::string bytes, Then then = Then::kStay,
                     const load::Request& request = http("/")) {
  Responder server(std::move(bytes), then);
  OneClient<Http2Client> one("h2c://127.0.0.1:" + std::to_string(server.port()),
                             with_timeout(std::chrono::milliseconds(300)));
  return one.call(request);
}

TEST(Http2, AnAnswerIsAStatusAndABody) {
  const std::string answer = kHello + frame(kHeaders, kEndHeaders, 1, kStatus200) +
                             frame(kData, kNoFlags, 1, "hel") + frame(kData, kEndStream, 1, "lo");
  const Outcome outcome = outcome_from(answer, Then::kStay, http("/", {.contains = "hello"}));
  EXPECT_EQ(outcome.failure, Failure::kNone);
  EXPECT_EQ(outcome.bytes, 3 * 9 + 1 + 5);
}

TEST(Http2, AnAnswerThatIsNotWhatIsExpectedIsCounted) {
  EXPECT_EQ(outcome_from(kAnswer, Then::kStay, http("/", {.status = 404})).failure,
            Failure::kStatus);
  EXPECT_EQ(outcome_from(kAnswer, Then::kStay, http("/", {.contains = "x"})).failure,
            Failure::kExpectation);
}

TEST(Http2, WhatCannotStandInAPathIsEscaped) {
  Responder server(kAnswer, Then::kStay);
  OneClient<Http2Client> one("h2c://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(one.call(http("/a b\nc")).failure, Failure::kNone);
}

TEST(Http2, AServerThatSaysNothingIsATimeout) {
  EXPECT_EQ(outcome_from("").failure, Failure::kTimeout);
  EXPECT_EQ(outcome_from(kHello).failure, Failure::kTimeout);
}

TEST(Http2, AServerThatClosesIsCountedAsThat) {
  EXPECT_EQ(outcome_from(kHello, Then::kClose).failure, Failure::kClosed);
}

TEST(Http2, WhatIsNoHttp2IsGarbage) {
  EXPECT_EQ(outcome_from("HTTP/1.1 400 Bad Request\r\n\r\n").failure, Failure::kGarbage);
  EXPECT_EQ(outcome_from(kHello + frame(kData, kEndStream, 1, "no headers")).failure,
            Failure::kGarbage);
}

TEST(Http2, AStreamThatIsResetIsCountedAsThat) {
  EXPECT_EQ(outcome_from(kHello + frame(kReset, kNoFlags, 1, number(8, 4))).failure,
            Failure::kReset);
}

TEST(Http2, AServerThatAlwaysLeavesIsClosedInTheEnd) {
  const std::string leaving = frame(kGoaway, kNoFlags, 0, number(0, 8));
  EXPECT_EQ(outcome_from(kHello + leaving, Then::kStay).failure, Failure::kClosed);
}

TEST(Http2, HeadersWithoutEndAreNotTaken) {
  std::string endless = kHello + frame(kHeaders, kNoFlags, 1, kStatus200);
  for (int i = 0; i < 1000; ++i) endless += frame(kContinuation, kNoFlags, 1, std::string(9000, 0));
  EXPECT_EQ(outcome_from(endless).failure, Failure::kGarbage);
}

TEST(Http2, HeadersThatAreTooLongAreCountedAsThat) {
  // Literals without indexing: a name of one byte, a value of 16000.
  const std::string header = "\0\x01x\x7f"s + "\x81\x7c" + std::string(16000, 'v');
  std::string much = kHello + frame(kHeaders, kNoFlags, 1, kStatus200);
  for (int i = 0; i < 5; ++i) much += frame(kContinuation, i == 4 ? kEndHeaders : 0, 1, header);
  EXPECT_EQ(outcome_from(much).failure, Failure::kTooLong);
}

TEST(Http2, AFloodOfSettingsEndsTheConnection) {
  std::string flood;
  for (int i = 0; i < 100'000; ++i) flood += kHello;
  EXPECT_EQ(outcome_from(flood).failure, Failure::kGarbage);
}

TEST(Http2, CloseEndsWhatIsUnderWay) {
  Responder server(kHello, Then::kStay);
  OneClient<Http2Client> one("h2c://127.0.0.1:" + std::to_string(server.port()));
  one.loop.at(one.loop.now() + 20 * kMillisecond, [&] { one.client.close(); });
  EXPECT_EQ(one.call(http("/")).failure, Failure::kClosed);
}

TEST(Http2, AMedianOfADelayedAcknowledgementIsSaid) {
  load::Histogram histogram;
  for (int i = 0; i < 100; ++i) histogram.record(44 * kMillisecond);
  EXPECT_THAT(delayed_ack_note(histogram), testing::Optional(testing::HasSubstr("44 ms")));
  histogram.record(3 * kMillisecond, 1000);
  EXPECT_EQ(delayed_ack_note(histogram), std::nullopt);
}

}  // namespace
}  // namespace tidemark::pressure
