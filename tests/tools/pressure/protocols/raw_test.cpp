#include "tools/pressure/protocols/raw.h"

#include <gmock/gmock.h>
#include <sys/un.h>

#include "tests/lib/http/wire.h"
#include "tests/lib/scratch.h"
#include "tests/tools/pressure/protocols/one_client.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using Then = Responder::Then;

Outcome outcome_from(std::string bytes, Then then, const load::Request& request,
                     std::chrono::milliseconds timeout = std::chrono::milliseconds(200)) {
  Responder server(std::move(bytes), then);
  OneClient<RawClient> one("tcp://127.0.0.1:" + std::to_string(server.port()),
                           with_timeout(timeout));
  return one.call(request);
}

TEST(Raw, SendsTheMessageAndWaitsForTheEndOfTheAnswer) {
  Responder server("hello\r\n", Then::kStay);
  OneClient<RawClient> one("tcp://127.0.0.1:" + std::to_string(server.port()));
  const Outcome outcome = one.call(raw("ping ${seq}\r\n", "\r\n", 0, {.contains = "ell"}));
  EXPECT_EQ(outcome.failure, Failure::kNone);
  EXPECT_EQ(outcome.bytes, 7);
  EXPECT_EQ(server.request(), "ping 1\r\n");
}

TEST(Raw, AnAnswerMayBeSoManyBytes) {
  EXPECT_EQ(outcome_from("12345678", Then::kStay, raw("x", "", 8)).failure, Failure::kNone);
  EXPECT_EQ(outcome_from("1234567", Then::kStay, raw("x", "", 8)).failure, Failure::kTimeout);
  EXPECT_EQ(outcome_from("123456789", Then::kStay, raw("x", "", 8)).failure, Failure::kGarbage);
}

TEST(Raw, AnAnswerMayEndWithTheConnection) {
  EXPECT_EQ(outcome_from("all of it", Then::kClose, raw("x", "")).bytes, 9);
  EXPECT_EQ(outcome_from("all of it", Then::kClose, raw("x", "")).failure, Failure::kNone);
}

TEST(Raw, AServerThatClosesTooEarlyIsCounted) {
  EXPECT_EQ(outcome_from("half", Then::kClose, raw("x", "\n")).failure, Failure::kClosed);
}

TEST(Raw, WhatIsNotExpectedIsCounted) {
  EXPECT_EQ(outcome_from("no\n", Then::kStay, raw("x", "\n", 0, {.contains = "yes"})).failure,
            Failure::kExpectation);
}

TEST(Raw, AnAnswerWithoutEndIsTooLong) {
  EXPECT_EQ(outcome_from(std::string(RawClient::kLongestAnswer + 100'000, 'x'), Then::kStay,
                         raw("x", "\n"), std::chrono::seconds(30))
                .failure,
            Failure::kTooLong);
}

// A socket of UDP on a free port of loopback.
class DatagramServer {
 public:
  DatagramServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{.sin_family = AF_INET};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&place), size);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&place), &size);
    target = "udp://127.0.0.1:" + std::to_string(ntohs(place.sin_port));
  }
  // Sends one datagram back for the next that comes: the same bytes twice.
  void answer_once() {
    thread_ = std::thread([this] {
      std::array<char, 100> buffer{};
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t count = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &size);
      std::string text(buffer.data(), static_cast<std::size_t>(count));
      text += text;
      (void)::sendto(socket_.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     size);
    });
  }
  ~DatagramServer() {
    if (thread_.joinable()) thread_.join();
  }
  std::string target;

 private:
  Descriptor socket_;
  std::thread thread_;
};

TEST(Raw, ADatagramIsAnsweredByADatagram) {
  DatagramServer server;
  server.answer_once();
  OneClient<RawClient> one(server.target);
  const Outcome outcome = one.call(raw("abc", "", 0, {.contains = "abcabc"}));
  EXPECT_EQ(outcome.failure, Failure::kNone);
  EXPECT_EQ(outcome.bytes, 6);
}

TEST(Raw, ADatagramThatIsLostIsATimeout) {
  const DatagramServer silent;
  OneClient<RawClient> one(silent.target, with_timeout(std::chrono::milliseconds(50)));
  EXPECT_EQ(one.call(raw("abc", "")).failure, Failure::kTimeout);
}

TEST(Raw, ADatagramThatNobodyTakesIsAFailureToConnect) {
  std::string target;
  {
    const DatagramServer gone;
    target = gone.target;
  }
  OneClient<RawClient> one(target, with_timeout(std::chrono::seconds(2)));
  EXPECT_EQ(one.call(raw("abc", "")).failure, Failure::kConnect);
}

TEST(Raw, AUnixSocketIsAsGood) {
  const Scratch scratch;
  const std::string path = scratch.path / "s";
  const Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un place{.sun_family = AF_UNIX};
  path.copy(place.sun_path, sizeof place.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  std::thread server([&] {
    tidemark::Wire peer(Descriptor(::accept(listener.get(), nullptr, nullptr)));
    peer.send(peer.read_until("\n", std::chrono::seconds(5)) + "pong\n");
    peer.read_all();
  });
  {
    OneClient<RawClient> one("unix:" + path);
    EXPECT_EQ(one.call(raw("ping\n", "pong\n")).failure, Failure::kNone);
  }
  server.join();
}

}  // namespace
}  // namespace tidemark::pressure
