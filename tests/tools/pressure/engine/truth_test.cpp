// What pressure measures, held against what must be.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <string>

#include "tests/tools/pressure/engine/drive.h"
#include "tests/tools/pressure/engine/nginx.h"

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;

// Few, so that those who are under way during a pause are far less than one in a hundred.
constexpr int kConnections = 8;

double highest_rate(const std::string& url) {
  load::Scenario scenario = closed_load(url, kConnections, 1s);
  Drive drive(scenario);
  return static_cast<double>(drive.counts().done) / drive.seconds;
}

// A server that can answer M a second is stopped for D seconds while R a second are due,
// independently of each other. A request that is due t after the stop waits D - t, and then
// for the R t before it: D - t (1 - R/M). That falls to nothing in D / (1 - R/M): so much
// of the run's T seconds sees waiting times that are spread evenly from 0 to D, and
//
//   P(waiting > x) = (D - x) / (T (1 - R/M)),   percentile p: x = D - (1 - p) T (1 - R/M)
//
// R is a tenth of M, so that an M that others on the machine halve meanwhile moves the
// result by less than one percent.
TEST(Truth, APauseOfTheTargetIsSeenByAllWhoWouldHaveWaited) {
  const Nginx nginx;
  const double highest = highest_rate(nginx.url());
  const double rate = highest / 10;
  load::Scenario scenario = open_load(nginx.url(), rate, 6s);
  scenario.load.connections = kConnections;
  Time stopped = 0;
  Time went_on = 0;
  Drive drive(scenario, [&](Loop& loop, Driver&) {
    loop.at(loop.now() + 2 * kSecond, [&] {
      kill(nginx.pid(), SIGSTOP);
      stopped = loop.refresh();
      loop.at(stopped + kSecond, [&] {
        kill(nginx.pid(), SIGCONT);
        went_on = loop.refresh();
      });
    });
  });
  const Counts counts = drive.counts();
  const double pause = static_cast<double>(went_on - stopped) / 1e9;
  const auto theory = [&](double percentile) {
    return pause - (1 - percentile / 100) * 6 * (1 - rate / highest);
  };
  const auto measured = [](const load::Histogram& histogram, double percentile) {
    return static_cast<double>(histogram.at_percentile(percentile)) / 1e9;
  };
  RecordProperty("rate", fmt::format("{:.0f} of {:.0f}", rate, highest));
  RecordProperty("p99", fmt::format("{:.4f} of {:.4f}", measured(counts.response, 99), theory(99)));
  EXPECT_NEAR(static_cast<double>(counts.done), 6 * rate, 5 * std::sqrt(6 * rate));
  EXPECT_EQ(counts.failed(), 0);
  EXPECT_NEAR(measured(counts.response, 99) / theory(99), 1, 0.03);
  EXPECT_NEAR(measured(counts.response, 95) / theory(95), 1, 0.06);
  // Who only counts from the actual send sees one slow answer for each connection.
  EXPECT_LT(measured(counts.service, 99), 0.5);
}

std::int64_t resident_kib() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

TEST(Truth, MemoryIsTheSameAfterAMillionRequestsAsAfterAHundredThousand) {
  const Nginx nginx;
  load::Scenario scenario = closed_load(nginx.url(), 64, 10min);
  std::int64_t after_few = 0;
  std::int64_t after_many = 0;
  std::int64_t done = 0;
  std::function<void()> look;
  Drive drive;
  drive.run(scenario, [&](Loop& loop, Driver& driver) {
    look = [&] {
      drive.tally.end_second({}, [&](const Second& second) { done += second.labels[0].done; });
      if (after_few == 0 && done >= 100'000) after_few = resident_kib();
      if (after_many == 0 && done >= 1'000'000) {
        after_many = resident_kib();
        return driver.stop();
      }
      loop.at(loop.now() + 100 * kMillisecond, look);
    };
    look();
  });
  EXPECT_EQ(drive.counts().failed(), 0);
  EXPECT_GT(after_few, 0);
  // Histograms touch another page when an answer is slower than all before.
  EXPECT_LE(after_many - after_few, 512);
}

TEST(Truth, UnixSocketsAreTargetsToo) {
  const Nginx nginx;
  Drive drive(closed_load(nginx.socket_url(), 8, 300ms));
  EXPECT_GT(drive.counts().done, 100);
  EXPECT_EQ(drive.counts().failed(), 0);
}

}  // namespace
}  // namespace tidemark::pressure
