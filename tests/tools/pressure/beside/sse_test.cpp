#include "tools/pressure/beside/sse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <ctime>

#include "tests/tools/pressure/beside/beside_run.h"
#include "tests/tools/pressure/beside/scripted_server.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

std::int64_t wall_clock_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// An event that was made so many milliseconds ago.
std::string event(int seq, std::int64_t age_ms = 0) {
  return fmt::format("id: {0}\ndata: {{\"seq\":{0},\"at_ms\":{1}}}\n\n", seq,
                     wall_clock_ms() - age_ms);
}

std::string events(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers) text += event(number);
  return text;
}

load::SseClients plan(int clients = 1) {
  return {.path = "/events",
          .clients = clients,
          .backoff = {.low = milliseconds(1), .high = milliseconds(20)},
          .ordered = true,
          .lossless = true};
}

struct Feed : BesideRun {
  ScriptedServer server;
  SseReaders readers;

  explicit Feed(ScriptedServer::Greet greet, const load::SseClients& clients = plan())
      : server(loop, std::move(greet)), readers(aimed(), clients) {
    readers.start();
  }
  BesideSetup aimed() {
    scenario.load.timeout = milliseconds(300);
    aim(server.url());
    return setup("feed");
  }
  std::int64_t not_opened(Failure kind) { return failed("feed.connect", kind); }
  std::int64_t wrong(Failure kind) { return failed("feed.delivery", kind); }
};

// A reader of one stream that says this, and stays.
struct FeedOf : Feed {
  explicit FeedOf(const std::string& said, const load::SseClients& clients = plan())
      : Feed([said](int, const std::string&) { return Reply{std::string(kHead) + said}; },
             clients) {}
};

TEST(Sse, MeasuresFromTheTimeInsideAnEventUntilItWasRead) {
  FeedOf feed(event(1, 50));
  feed.until([&] { return feed.done("feed.delivery") == 1; });
  const Counts counts = feed.counts("feed.delivery");
  EXPECT_GE(counts.response.max(), 50 * kMillisecond);
  EXPECT_LT(counts.response.max(), 60 * kMillisecond);
  EXPECT_EQ(feed.done("feed.connect"), 1);
  EXPECT_THAT(feed.readers.warnings(), IsEmpty());
}

TEST(Sse, ReadsAChunkedStreamAsItComes) {
  const std::string text = event(1);
  Feed feed([&](int, const std::string&) {
    return Reply{
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\n\r\n" +
        fmt::format("{:x}\r\n{}\r\n", text.size(), text)};
  });
  feed.until([&] { return feed.done("feed.delivery") == 1; });
  feed.server.say(fmt::format("{:x}\r\n{}", text.size(), text.substr(0, 5)));
  feed.run_for(20 * kMillisecond);
  feed.server.say(text.substr(5) + "\r\n");
  feed.until([&] { return feed.done("feed.delivery") == 2; });
}

TEST(Sse, AsksForWhatItIsMadeFor) {
  std::string asked;
  Feed feed([&](int, const std::string& request) {
    asked = request;
    return Reply{std::string(kHead)};
  });
  feed.until([&] { return feed.done("feed.connect") == 1; });
  EXPECT_THAT(asked, testing::StartsWith("GET /events HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(asked, HasSubstr("\r\nAccept: text/event-stream\r\n"));
  EXPECT_THAT(asked, testing::Not(HasSubstr("Last-Event-ID")));
}

TEST(Sse, CountsNumbersThatAreMissingAndThatComeAgain) {
  FeedOf feed(events({1, 2, 5, 5, 4, 6}));
  feed.until([&] { return feed.done("feed.delivery") == 6; });
  EXPECT_EQ(feed.wrong(Failure::kLost), 2);
  EXPECT_EQ(feed.wrong(Failure::kOrder), 2);
}

TEST(Sse, CountsThemOnlyWhenAsked) {
  load::SseClients quiet = plan();
  quiet.ordered = quiet.lossless = false;
  FeedOf feed(events({1, 2, 5, 5, 4, 6}), quiet);
  feed.until([&] { return feed.done("feed.delivery") == 6; });
  EXPECT_EQ(feed.counts("feed.delivery").failed(), 0);
}

TEST(Sse, TakesAJumpOfTheNumbersForNoMoreThanAMillionLosses) {
  FeedOf feed(event(1) + "data: {\"seq\":9223372036854775807,\"at_ms\":0}\n\n");
  feed.until([&] { return feed.done("feed.delivery") == 2; });
  EXPECT_EQ(feed.wrong(Failure::kLost), 1'000'000);
}

TEST(Sse, ResumesWithTheLastId) {
  std::string asked;
  Feed feed([&](int visit, const std::string& request) {
    if (visit == 0) return Reply{std::string(kHead) + events({1, 2}), Then::kClose};
    asked = request;
    return Reply{std::string(kHead) + events({4})};
  });
  feed.until([&] { return feed.done("feed.delivery") == 3; });
  EXPECT_THAT(asked, HasSubstr("\r\nLast-Event-ID: 2\r\n"));
  EXPECT_EQ(feed.wrong(Failure::kLost), 1) << "3 was missed";
  EXPECT_EQ(feed.not_opened(Failure::kClosed), 1);
}

TEST(Sse, TakesNumbersThatBeginAnewAfterALossWithoutIdsForNoMistake) {
  Feed feed([&](int, const std::string&) {
    return Reply{
        std::string(kHead) + "data: {\"seq\":1,\"at_ms\":0}\n\ndata: {\"seq\":2,\"at_ms\":0}\n\n",
        Then::kClose};
  });
  feed.until([&] { return feed.done("feed.delivery") >= 6; });
  EXPECT_EQ(feed.counts("feed.delivery").failed(), 0);
}

TEST(Sse, SaysWhatShareOfTheTimeItWasConnected) {
  Feed feed(
      [&](int visit, const std::string&) {
        if (visit > 0) return Reply{"HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n"};
        return Reply{std::string(kHead)};
      },
      plan(2));
  feed.until([&] { return feed.done("feed.connect") == 1; });
  feed.run_for(200 * kMillisecond);
  EXPECT_NEAR(feed.readers.connected_share(), 0.5, 0.05);
  feed.readers.stop();
  const double share = feed.readers.connected_share();
  feed.run_for(50 * kMillisecond);
  EXPECT_EQ(feed.readers.connected_share(), share);
}

struct Trouble {
  std::string name;
  Reply reply;
  Failure failure;
};

class SseServer : public testing::TestWithParam<Trouble> {};

TEST_P(SseServer, IsCountedByKindAndTriedAgain) {
  Feed feed([](int, const std::string&) { return GetParam().reply; });
  feed.until([&] { return feed.not_opened(GetParam().failure) >= 3; });
  EXPECT_EQ(feed.counts("feed.connect").failed(), feed.not_opened(GetParam().failure));
  EXPECT_GE(feed.server.visits(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, SseServer,
    testing::Values(
        Trouble{"CloseAtOnce", {"", Then::kClose}, Failure::kClosed},
        Trouble{"CloseInTheHead", {"HTTP/1.1 200 OK\r\nContent-", Then::kClose}, Failure::kClosed},
        Trouble{"Reset", {"", Then::kReset}, Failure::kReset},
        Trouble{"Stall", {"HTTP/1.1 200 OK\r\n"}, Failure::kTimeout},
        Trouble{"Garbage", {"\x15\x03\x01 what?\r\n\r\n"}, Failure::kGarbage},
        Trouble{"EndlessHead",
                {"HTTP/1.1 200 OK\r\nX: " + std::string(60'000, 'x')},
                Failure::kTooLong},
        Trouble{"WrongStatus", {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}, Failure::kStatus},
        Trouble{"WrongType",
                {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"},
                Failure::kExpectation},
        Trouble{"BrokenChunk",
                {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
                 "chunked\r\n\r\nzz\r\n"},
                Failure::kGarbage},
        Trouble{"EndlessLine",
                {std::string(kHead) + "data: " + std::string(300 << 10, 'x')},
                Failure::kTooLong},
        Trouble{
            "EndOfTheBody",
            {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 2\r\n\r\n:\n"},
            Failure::kClosed}),
    [](const auto& trouble) { return trouble.param.name; });

TEST(Sse, CountsDataThatIsNoJsonAndDataWithoutATime) {
  FeedOf feed("data: what?\n\ndata: {\"seq\":1}\n\ndata: {\"seq\":2,\"at_ms\":\"soon\"}\n\n" +
              event(3));
  feed.until([&] { return feed.done("feed.delivery") == 1; });
  EXPECT_EQ(feed.wrong(Failure::kGarbage), 1);
  EXPECT_EQ(feed.wrong(Failure::kExpectation), 2);
  EXPECT_THAT(feed.readers.warnings(),
              ElementsAre("feed: an event has no time at /at_ms in its data"));
}

TEST(Sse, WarnsOfAClockThatIsNotOurs) {
  FeedOf feed(event(1, -5000));
  feed.until([&] { return feed.done("feed.delivery") == 1; });
  EXPECT_THAT(feed.readers.warnings(), ElementsAre(HasSubstr("ahead of our clock")));
}

TEST(Sse, CountsThatNobodyListens) {
  BesideRun run;
  run.aim("http://127.0.0.1:1");
  SseReaders readers(run.setup("feed"), plan());
  readers.start();
  run.until([&] { return run.failed("feed.connect", Failure::kConnect) >= 3; });
  EXPECT_EQ(readers.connected_share(), 0);
}

TEST(Sse, RaisesItsLimitOfOpenFiles) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit limit{.rlim_cur = 256, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &limit);
  const FeedOf feed("", plan(300));
  getrlimit(RLIMIT_NOFILE, &limit);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(limit.rlim_cur, 556);
  EXPECT_THAT(feed.readers.warnings(), IsEmpty());
}

TEST(Sse, StopsWithoutCountingAFailure) {
  FeedOf feed(events({1}));
  feed.until([&] { return feed.done("feed.delivery") == 1; });
  feed.readers.stop();
  feed.run_for(30 * kMillisecond);
  EXPECT_EQ(feed.server.visits(), 1);
  EXPECT_EQ(feed.counts("feed.connect").failed(), 0);
}

}  // namespace
}  // namespace tidemark::pressure
