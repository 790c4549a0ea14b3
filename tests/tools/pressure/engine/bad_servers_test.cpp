// HTTP servers that do what servers should not: each failure is counted by its kind, and
// nothing lasts longer than the time-out.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "tests/tools/pressure/engine/drive.h"

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;
using load::Failure;

constexpr auto kHold = 300ms;

load::Scenario in_haste(load::Scenario scenario) {
  scenario.load.timeout = 200ms;
  return scenario;
}

struct Row {
  std::string name;
  std::function<void(int fd)> serve;
  Failure failure;
};

void stall(int fd) {
  while (!next_request(fd).empty()) {
  }
}

void endless(int fd, std::string_view begin, const std::string& again) {
  if (next_request(fd).empty() || !say(fd, begin)) return;
  while (say(fd, again)) {
  }
}

void reset(int fd) {
  next_request(fd);
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

class BadServers : public testing::TestWithParam<Row> {};

TEST_P(BadServers, AreCountedByTheirKindInAClosedLoad) {
  const Server server(GetParam().serve);
  Drive drive(in_haste(closed_load(server.url(), 4, kHold)));
  EXPECT_GT(drive.failures(GetParam().failure), 0);
  EXPECT_EQ(drive.failures(GetParam().failure), drive.counts().failed());
  EXPECT_EQ(drive.counts().done, 0);
  EXPECT_LT(drive.seconds, 5);
}

TEST_P(BadServers, AreCountedByTheirKindInAnOpenLoad) {
  const Server server(GetParam().serve);
  Drive drive(in_haste(open_load(server.url(), 100, kHold)));
  EXPECT_GT(drive.failures(GetParam().failure), 0);
  EXPECT_EQ(drive.failures(GetParam().failure), drive.counts().failed());
  EXPECT_EQ(drive.counts().done, 0);
  EXPECT_LT(drive.seconds, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadServers,
    testing::Values(
        Row{"ClosesAtOnce", [](int fd) { next_request(fd); }, Failure::kClosed},
        Row{"ClosesInTheHead",
            [](int fd) {
              next_request(fd);
              say(fd, "HTTP/1.1 200 OK\r\nContent-Le");
            },
            Failure::kClosed},
        Row{"ClosesInTheBody",
            [](int fd) {
              next_request(fd);
              say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            },
            Failure::kClosed},
        Row{"Resets", reset, Failure::kReset}, Row{"Stalls", stall, Failure::kTimeout},
        Row{"StallsInTheBody", answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
            Failure::kTimeout},
        Row{"Garbage", answering("220 mail.example ESMTP\r\n"), Failure::kGarbage},
        Row{"TooLongALength",
            answering("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nx"),
            Failure::kTooLong},
        Row{"MoreThanItsLength", answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, more"),
            Failure::kGarbage},
        Row{"EndlessHeaders",
            [](int fd) {
              endless(fd, "HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(2000, 'x') + "\r\n");
            },
            Failure::kTooLong},
        Row{"EndlessChunks",
            [](int fd) {
              endless(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "1;" + std::string(5000, 'x') + "\r\ny\r\n");
            },
            Failure::kTimeout},
        Row{"AChunkOfExabytes",
            answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nx"),
            Failure::kTooLong},
        Row{"AnError", answering("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
            Failure::kStatus},
        Row{"AnErrorThatCloses", answering("HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n"),
            Failure::kStatus}),
    [](const auto& row) { return row.param.name; });

std::string refusing_url() {
  Server server(stall);
  return server.url();  // nobody listens there any more
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

TEST(DeadTarget, FailsEachRequestThatIsDueWithoutBurningTheProcessor) {
  const load::Scenario scenario = open_load(refusing_url(), 50'000, 1s);
  const double before = cpu_seconds();
  Drive drive(scenario);
  EXPECT_NEAR(static_cast<double>(drive.failures(Failure::kConnect)), 50'000, 1500);
  EXPECT_LT((cpu_seconds() - before) / drive.seconds, 0.5);
}

TEST(DeadTarget, ClientsOfAClosedLoadTryEverMoreRarely) {
  Drive drive(closed_load(refusing_url(), 10, 1s));
  EXPECT_GE(drive.failures(Failure::kConnect), 50);
  EXPECT_LE(drive.failures(Failure::kConnect), 300);
}

TEST(DeadTarget, OneThatClosesEveryConnectionIsNotStormed) {
  const Server server([](int) {});
  Drive drive(closed_load(server.url(), 10, 1s));
  EXPECT_LE(server.connections(), 400);
}

TEST(DeadTarget, IsUsedAgainWhenItIsBack) {
  // The first connections are dropped by RST, later ones are served.
  std::atomic<int> served = 0;
  const Server server([&](int fd) {
    if (++served <= 20) return reset(fd);
    answering(kOk)(fd);
  });
  Drive drive(open_load(server.url(), 500, 500ms));
  EXPECT_GT(drive.counts().done, 150);
  EXPECT_GT(drive.failures(Failure::kReset), 0);
}

TEST(Tls, AServerThatSpeaksNoneIsATlsFailure) {
  const Server server(answering(kOk));
  load::Scenario scenario = in_haste(closed_load(server.url(), 2, kHold));
  scenario.target->tls = true;
  Drive drive(scenario);
  EXPECT_GT(drive.counts().failed(), 0);
  EXPECT_EQ(drive.failures(Failure::kTls) + drive.failures(Failure::kTimeout),
            drive.counts().failed());
}

TEST(Tls, GarbageInsteadOfAHandshakeIsATlsFailure) {
  const Server server([](int fd) {
    char byte = 0;
    recv(fd, &byte, 1, 0);
    say(fd, "220 mail.example ESMTP\r\n");
    recv(fd, &byte, 1, 0);
  });
  load::Scenario scenario = in_haste(closed_load(server.url(), 2, kHold));
  scenario.target->tls = true;
  Drive drive(scenario);
  EXPECT_GT(drive.failures(Failure::kTls), 0);
}

}  // namespace
}  // namespace tidemark::pressure
