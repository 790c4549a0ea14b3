#include "tools/pressure/engine/driver.h"

#include <gmock/gmock.h>

#include "tests/tools/pressure/engine/drive.h"

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;
using load::Failure;
using testing::ElementsAre;

// Answers with the path that was asked for.
void echo_path(int fd) {
  for (std::string request = next_request(fd); !request.empty(); request = next_request(fd)) {
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    const std::string body = fmt::format(R"({{"path":"{}","id":"id{}"}})", path, path.size());
    if (!say(fd, fmt::format("HTTP/1.1 200 OK\r\nX-Path: {}\r\nContent-Length: {}\r\n\r\n{}", path,
                             body.size(), body))) {
      return;
    }
  }
}

TEST(Driver, AConstantLoadMakesExactlyTheRequestsThatAreDue) {
  const Server server(answering(kOk));
  load::Scenario scenario = constant_load(server.url(), 200, 500ms);
  Drive drive(scenario);
  EXPECT_EQ(drive.counts().done, 100);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST(Driver, AClosedLoadHasOneConnectionForEachClient) {
  const Server server(answering(kOk));
  Drive drive(closed_load(server.url(), 7, 200ms));
  EXPECT_EQ(server.connections(), 7);
  EXPECT_GT(drive.counts().done, 8);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST(Driver, AnOpenLoadWaitsForNobodyAndNeverHasMoreConnectionsThanAllowed) {
  // Each answer takes 20 ms: one connection answers 50 a second, 4 answer 200.
  const Server server([](int fd) {
    while (!next_request(fd).empty()) {
      std::this_thread::sleep_for(20ms);
      if (!say(fd, kOk)) return;
    }
  });
  load::Scenario scenario = constant_load(server.url(), 400, 500ms);
  scenario.load.connections = 4;
  Drive drive(scenario);
  EXPECT_EQ(server.connections(), 4);
  EXPECT_EQ(drive.counts().done, 200);
  // The last was due after 0.5 s and had 200 before it, at 200 a second at most.
  EXPECT_GE(drive.counts().response.max(), 450 * kMillisecond);
  EXPECT_LT(drive.counts().service.at_percentile(50), 100 * kMillisecond);
  EXPECT_LT(drive.tally.send_lag(0).at_percentile(90), 50 * kMillisecond);
}

TEST(Driver, WhatCouldNotBeSentWithinTheTimeOutHasFailedByIt) {
  const Server server([](int fd) {
    while (!next_request(fd).empty()) {
      std::this_thread::sleep_for(50ms);
      if (!say(fd, kOk)) return;
    }
  });
  load::Scenario scenario = constant_load(server.url(), 1000, 500ms);
  scenario.load.connections = 1;
  scenario.load.timeout = 200ms;
  Drive drive(scenario);
  EXPECT_GT(drive.failures(Failure::kTimeout), 400);
  EXPECT_EQ(drive.counts().done + drive.counts().failed(), 500);
  EXPECT_GE(drive.counts().response.at_percentile(50), 200 * kMillisecond);
  EXPECT_LT(drive.seconds, 5);
}

TEST(Driver, StagesBeginInTimeAndCountForThemselves) {
  const Server server(answering(kOk));
  load::Scenario scenario = constant_load(server.url(), 100, 200ms);
  scenario.load.stages.push_back({.name = "two", .rate = 200, .hold = 200ms});
  Drive drive(scenario);
  EXPECT_EQ(drive.tally.of(LabelId{0}, 0).done, 20);
  EXPECT_EQ(drive.tally.of(LabelId{0}, 1).done, 40);
}

TEST(Driver, RequestsAreDrawnByTheirWeights) {
  const Server server(answering(kOk));
  load::Scenario scenario = constant_load(server.url(), 4000, 500ms);
  scenario.personas[0].mix = {get("often"), get("seldom")};
  scenario.personas[0].mix[0].weight = 9;
  Drive drive(scenario);
  const auto often = static_cast<double>(drive.counts("often").done);
  const auto seldom = static_cast<double>(drive.counts("seldom").done);
  EXPECT_EQ(often + seldom, 2000);
  EXPECT_NEAR(often, 1800, 70);
}

TEST(Driver, AVisitMakesItsRequestsInOrderWithWhatItCaptured) {
  std::mutex mutex;
  std::vector<std::string> paths;
  const Server server([&](int fd) {
    for (std::string request = next_request(fd); !request.empty(); request = next_request(fd)) {
      const std::string path = request.substr(4, request.find(' ', 4) - 4);
      {
        const std::lock_guard lock(mutex);
        paths.push_back(path);
      }
      const std::string body = R"({"id":"a b"})";
      if (!say(fd, fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Next: 7\r\n\r\n{}",
                               body.size(), body))) {
        return;
      }
    }
  });
  load::Scenario scenario = constant_load(server.url(), 20, 300ms);
  load::Request open = get("open", "/open");
  open.captures = {{.name = "id", .pointer = "/id"}, {.name = "next", .header = "x-next"}};
  load::Request use = get("use");
  std::get<load::HttpRequest>(use.action).path =
      load::Template("/use/${id}/${next}", "path", {"id", "next"});
  scenario.load.connections = 1;
  scenario.personas[0] = {.mix = {use, open}, .session = {1, 0}};
  Drive drive(scenario);
  ASSERT_GE(drive.counts("use").done, 3);  // of 6, as far as the machine was fast enough
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(paths[i], i % 2 == 0 ? "/open" : "/use/a%20b/7") << i;
  }
}

TEST(Driver, AVisitEndsWithItsFirstFailure) {
  const Server server(echo_path);
  load::Scenario scenario = constant_load(server.url(), 20, 300ms);
  load::Request wrong = get("wrong", "/wrong");
  wrong.expect = {.pointer = "/path", .equals = "/right"};
  scenario.personas[0] = {.mix = {wrong, get("never")}, .session = {0, 1}};
  Drive drive(scenario);
  EXPECT_EQ(drive.failures(Failure::kExpectation, "wrong"), 6);
  EXPECT_EQ(drive.counts("never").done, 0);
}

TEST(Driver, ThinkingTakesTime) {
  const Server server(answering(kOk));
  load::Scenario scenario = closed_load(server.url(), 2, 500ms);
  scenario.personas[0].mix[0].think = {.low = 40ms, .high = 60ms};
  Drive drive(scenario);
  EXPECT_LE(drive.counts().done, 2 * 13);
  EXPECT_GE(drive.counts().done, 4);
}

TEST(Driver, APipelineKeepsSoManyRequestsUnderWayOnOneConnection) {
  const Server server(answering(kOk));
  load::Scenario scenario = closed_load(server.url(), 1, 200ms);
  scenario.load.pipeline = 8;
  std::int64_t most = 0;
  Drive drive(scenario, [&](Loop& loop, Driver& driver) {
    loop.at(loop.now() + 100 * kMillisecond, [&] { most = driver.under_way(); });
  });
  EXPECT_EQ(most, 8);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_GT(drive.counts().done, 8);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST(Driver, AClosedLoadThatShrinksClosesConnections) {
  const Server server(answering(kOk));
  load::Scenario scenario = closed_load(server.url(), 8, 150ms);
  scenario.load.stages.push_back({.name = "less", .clients = 2, .hold = 300ms});
  int open = 0;
  Drive drive(scenario, [&](Loop& loop, Driver& driver) {
    loop.at(loop.now() + 300 * kMillisecond, [&] { open = driver.clients(); });
  });
  EXPECT_EQ(open, 2);
}

TEST(Driver, StopLetsWhatIsUnderWayEnd) {
  const Server server(answering(kOk));
  Drive drive(closed_load(server.url(), 4, 60s), [](Loop& loop, Driver& driver) {
    loop.at(loop.now() + 100 * kMillisecond, [&] { driver.stop(); });
  });
  EXPECT_LT(drive.seconds, 5);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST(Driver, ResetsTheShareOfItsConnectionsThatIsAskedFor) {
  const Server server(answering(kOk));
  Drive drive(closed_load(server.url(), 10, 300ms), [](Loop& loop, Driver& driver) {
    loop.at(loop.now() + 100 * kMillisecond, [&] { driver.reset_connections(0.3); });
  });
  EXPECT_EQ(server.connections(), 13);
  EXPECT_LE(drive.counts().failed(), 3);
}

TEST(Driver, AServerThatClosesAfterEachAnswerIsUsedAllTheSame) {
  const Server server([](int fd) {
    next_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwithout a length");
  });
  Drive drive(constant_load(server.url(), 200, 500ms));
  EXPECT_EQ(drive.counts().done, 100);
  EXPECT_EQ(drive.counts().failed(), 0);
}

}  // namespace
}  // namespace tidemark::pressure
