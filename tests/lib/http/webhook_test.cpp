#include "lib/http/webhook.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/lib/http/wire.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using Clock = Webhook::Clock;
using What = Webhook::News::What;

constexpr const char* kAccepted = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr const char* kBusy = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

Url secret_url(std::uint16_t port) {
  return {.host = "127.0.0.1", .port = port, .target = "/hook/s3cret?key=1"};
}

// What became of a text; time passes as fast as there is nothing to do.
std::vector<Webhook::News> told(Webhook& webhook) {
  std::vector<Webhook::News> all;
  Clock::time_point now = Clock::now();
  while (webhook.busy()) {
    webhook.advance(now);
    std::ranges::move(webhook.news(), std::back_inserter(all));
    std::vector<pollfd> events;
    webhook.add_to(events);
    if (!events.empty()) {
      const auto left = std::chrono::ceil<milliseconds>(webhook.next() - Clock::now());
      ::poll(events.data(), events.size(), static_cast<int>(std::max<long>(left.count(), 1)));
    } else if (webhook.busy()) {
      now = std::max(now, webhook.next());
    }
  }
  return all;
}

std::vector<Webhook::News> told(const std::string& answer, Patience patience) {
  const Responder responder(answer);
  Webhook webhook(secret_url(responder.port()), patience);
  webhook.post("{}");
  return told(webhook);
}

TEST(Webhook, PostsTheTextAndItsHeaders) {
  const Responder responder(kAccepted);
  Webhook webhook(secret_url(responder.port()));
  webhook.post(R"({"a":1})", {{.name = "Idempotency-Key", .value = "7"}});
  const auto news = told(webhook);
  ASSERT_EQ(news.size(), 1);
  EXPECT_EQ(news[0].what, What::kDelivered);
  EXPECT_EQ(news[0].status, 204);
  EXPECT_THAT(responder.request(), testing::StartsWith("POST /hook/s3cret?key=1 HTTP/1.1\r\n"));
  EXPECT_THAT(responder.request(), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(responder.request(), HasSubstr("Idempotency-Key: 7\r\n"));
  EXPECT_THAT(responder.request(), testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST(Webhook, TriesAgainUntilItGivesUp) {
  // Pauses of 0.5 to 1, 1 to 2, 2 to 4 s, ...: the fifth attempt starts between 7.5 and 15 s.
  const auto news = told(kBusy, {.give_up = seconds(15)});
  ASSERT_EQ(news.size(), 2);
  EXPECT_EQ(news[0].what, What::kFailed);
  EXPECT_EQ(news[0].why, "answered with 503 Service Unavailable");
  EXPECT_EQ(news[1].what, What::kGivenUp);
  EXPECT_GE(news[1].attempts, 4);
  EXPECT_LE(news[1].attempts, 5);
}

TEST(Webhook, TakesARefusalForAnAnswerOnlyWhenItIsToldTo) {
  const char* const refusal = "HTTP/1.1 404 Not Found\r\n\r\n";
  EXPECT_EQ(told(refusal, {.give_up = seconds(60), .obeys_refusals = true}).at(0).what,
            What::kGivenUp);
  EXPECT_EQ(told(refusal, {.give_up = seconds(60)}).at(0).what, What::kFailed);
  EXPECT_EQ(told("HTTP/1.1 429 Slow Down\r\n\r\n", {.give_up = seconds(60), .obeys_refusals = true})
                .at(0)
                .what,
            What::kFailed);
}

TEST(Webhook, WaitsAsLongAsItIsAskedTo) {
  const std::string answer = "HTTP/1.1 503 Busy\r\nRetry-After: 50\r\n\r\n";
  EXPECT_EQ(told(answer, {.give_up = seconds(120)}).back().attempts, 3);  // at 0, 50 and 100 s
}

TEST(Webhook, DoesNotWaitLongerForAnAnswerThanItHasTime) {
  const Clock::time_point start = Clock::now();
  const Responder silent("", Responder::Then::kStay);
  Webhook webhook(secret_url(silent.port()), {.answer = seconds(30), .give_up = milliseconds(300)});
  webhook.post("{}");
  const auto news = told(webhook);
  EXPECT_EQ(news.back().what, What::kGivenUp);
  EXPECT_LT(Clock::now() - start, seconds(10));
}

TEST(Webhook, NeverSaysWhatIsBehindTheHost) {
  std::uint16_t port = 0;
  {
    const Responder closed("");
    port = closed.port();
  }
  Webhook webhook(secret_url(port), {.give_up = seconds(2)});
  webhook.post("{}");
  for (const Webhook::News& news : told(webhook)) {
    EXPECT_THAT(news.why, HasSubstr("/...: Connection refused"));
    EXPECT_THAT(news.why, Not(HasSubstr("s3cret")));
  }
  const auto echoed = told("HTTP/1.1 500 no /hook/s3cret?key=1 here\r\n\r\n", {});
  EXPECT_EQ(echoed.at(0).why, "answered with 500 no /... here");
  EXPECT_EQ(place_of(secret_url(80)), "http://127.0.0.1/...");
}

}  // namespace
}  // namespace tidemark::http
