// One HTTP load without a scenario file, for bench/http_load_bench.py.
//
//   http_drive URL CLIENTS SECONDS [RATE]     closed, or open with at most CLIENTS connections
//
// Prints JSON: answers a second, our CPU time for each in us, peak RSS in KiB, percentiles in us.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <span>
#include <string>

#include "lib/base/error.h"
#include "tools/pressure/engine/driver.h"

namespace tidemark::pressure {
namespace {

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

load::Scenario scenario_of(std::span<char* const> arguments) {
  const bool open = arguments.size() > 4;
  load::Scenario scenario;
  scenario.target = load::parse_target(arguments[1], "URL");
  scenario.load.connections = std::atoi(arguments[2]);
  scenario.load.arrivals = open ? load::Arrivals::kPoisson : load::Arrivals::kClosed;
  scenario.load.stages = {
      {.name = "bench",
       .rate = open ? std::atof(arguments[4]) : 0,
       .clients = scenario.load.connections,
       .hold = std::chrono::milliseconds(static_cast<int>(1000 * std::atof(arguments[3])))}};
  load::Request request{.name = "get"};
  request.action = load::HttpRequest{.path = load::Template("/", "path", {})};
  scenario.personas.push_back({.mix = {request}});
  return scenario;
}

int drive(std::span<char* const> arguments) {
  const load::Scenario scenario = scenario_of(arguments);
  const Addresses addresses = Addresses::of(*scenario.target);
  Loop loop;
  Tally tally;
  Driver driver({.loop = &loop,
                 .tally = &tally,
                 .scenario = &scenario,
                 .addresses = &addresses,
                 .on_end = [&] { loop.stop(); }});
  const double before = cpu_us();
  const Time start = loop.refresh();
  driver.start();
  std::function<void()> end_second = [&] {
    tally.end_second({}, [](const Second&) {});
    loop.at(loop.now() + kSecond, end_second);
  };
  loop.at(start + kSecond, end_second);
  loop.run();
  const double cpu = cpu_us() - before;
  const double seconds = static_cast<double>(loop.refresh() - start) / 1e9;
  const Counts counts = tally.total(tally.label("get"));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto done = static_cast<double>(counts.done);
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
  fmt::print(
      "{{\"rate\": {:.0f}, \"done\": {}, \"failed\": {}, \"cpu_us\": {:.3f}, \"rss_kib\": {}, "
      "\"p50\": {:.1f}, \"p99\": {:.1f}, \"service_p50\": {:.1f}, \"lag_p99\": {:.1f}}}\n",
      done / seconds, counts.done, counts.failed(), cpu / done, usage.ru_maxrss,
      us(counts.response.at_percentile(50)), us(counts.response.at_percentile(99)),
      us(counts.service.at_percentile(50)), us(tally.send_lag(0).at_percentile(99)));
  return 0;
}

}  // namespace
}  // namespace tidemark::pressure

int main(int argc, char** argv) {
  try {
    if (argc < 4) throw tidemark::UsageError("http_drive URL CLIENTS SECONDS [RATE]");
    return tidemark::pressure::drive({argv, static_cast<std::size_t>(argc)});
  } catch (const tidemark::Error& error) {
    fmt::print(stderr, "http_drive: {}\n", error.what());
    return 2;
  }
}
