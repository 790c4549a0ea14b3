#include "tools/pressure/export/prometheus.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/tools/pressure/export/some_seconds.h"

namespace tidemark::pressure {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Descriptor connected(std::uint16_t port) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

std::string answer_to(std::uint16_t port, const std::string& request) {
  const Descriptor fd = connected(port);
  (void)!::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string out;
  char piece[4096];
  while (true) {
    const ssize_t size = ::recv(fd.get(), piece, sizeof piece, 0);
    if (size <= 0) return out;
    out.append(piece, static_cast<std::size_t>(size));
  }
}

std::string page(std::uint16_t port, const std::string& path = "/metrics") {
  return answer_to(
      port, fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path));
}

TEST(PrometheusEndpoint, ServesTheMetricsOfTheLastSecond) {
  PrometheusEndpoint endpoint(":0", "soak.toml", "http://127.0.0.1/");
  SomeSeconds seconds;
  seconds.pass(endpoint, 2);
  const std::string got = page(endpoint.port());
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(got, HasSubstr("application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(got, HasSubstr("pressure_requests_total{label=\"a\"} 200\n"));
  seconds.pass(endpoint);
  EXPECT_THAT(page(endpoint.port()), HasSubstr("pressure_requests_total{label=\"a\"} 300\n"));
}

TEST(PrometheusEndpoint, NothingElseIsThere) {
  const PrometheusEndpoint endpoint(":0", "soak.toml", "");
  EXPECT_THAT(page(endpoint.port(), "/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer_to(endpoint.port(),
                        "POST /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        "Content-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 4"));
}

TEST(PrometheusEndpoint, WhoHangsOrFloodsDoesNotHoldUpTheRun) {
  PrometheusEndpoint endpoint(":0", "soak.toml", "");
  std::vector<Descriptor> hanging;
  for (int i = 0; i < 100; ++i) {
    hanging.push_back(connected(endpoint.port()));
    (void)!::send(hanging.back().get(), "GET /metr", 9, MSG_NOSIGNAL);
  }
  SomeSeconds seconds;
  const auto start = std::chrono::steady_clock::now();
  seconds.pass(endpoint, 100);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(PrometheusEndpoint, WhatIsNoAddressIsAMistakeOfTheScenario) {
  EXPECT_THROW(PrometheusEndpoint("9464", "", ""), UsageError);
  EXPECT_THROW(PrometheusEndpoint(":99999", "", ""), UsageError);
  EXPECT_THROW(PrometheusEndpoint("somewhere:9464", "", ""), Error);
}

TEST(PrometheusEndpoint, APortThatIsTakenIsAnErrorBeforeTheRun) {
  const PrometheusEndpoint first(":0", "", "");
  EXPECT_THROW(PrometheusEndpoint(fmt::format(":{}", first.port()), "", ""), Error);
}

}  // namespace
}  // namespace tidemark::pressure
