#include "lib/http/client.h"

#include <gmock/gmock.h>
#include <sys/un.h>

#include "lib/base/error.h"
#include "tests/lib/http/wire.h"
#include "tests/lib/scratch.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Url url_of(std::uint16_t port, const std::string& target = "/") {
  return {.host = "127.0.0.1", .port = port, .target = target};
}

Response answer(const std::string& text) {
  const Responder responder(text);
  return fetch({.url = url_of(responder.port())});
}

std::string error_of(const Request& request) {
  try {
    fetch(request);
  } catch (const Error& problem) {
    return problem.what();
  }
  return "no error";
}

std::string error_from(const std::string& text) {
  const Responder responder(text);
  return error_of({.url = url_of(responder.port()), .most_bytes = 100});
}

TEST(Client, ReadsWhatTheLengthSays) {
  const Response got =
      answer("HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello, and more");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.reason, "OK");
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.header("x-a"), "b");
}

TEST(Client, ReadsChunks) {
  EXPECT_EQ(
      answer(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
          .body,
      "abcde");
}

TEST(Client, ReadsToTheEndWithoutALength) {
  EXPECT_EQ(answer("HTTP/1.0 404 Not Found\r\n\r\nnothing").body, "nothing");
}

TEST(Client, DoesNotNeedTheConnectionToClose) {
  const Responder responder("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                            Responder::Then::kStay);
  EXPECT_EQ(get(url_of(responder.port())), "ok");
}

TEST(Client, SendsWhatItIsTold) {
  const Responder responder("HTTP/1.1 204 No Content\r\n\r\n");
  const Response got = fetch({.url = url_of(responder.port(), "/hook?a=b"),
                              .method = "POST",
                              .headers = {{"Content-Type", "application/json"}},
                              .body = "{}"});
  EXPECT_EQ(got.status, 204);
  EXPECT_THAT(responder.request(),
              AllOf(StartsWith("POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:"),
                    HasSubstr("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")));
}

TEST(Client, SendsNoLineBreakInAHeader) {
  EXPECT_THAT(error_of({.url = url_of(1), .headers = {{"A", "b\r\nEvil: c"}}}),
              HasSubstr("must not have line breaks"));
}

TEST(Client, TakesNoMoreThanItIsTold) {
  EXPECT_THAT(error_from("HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x')),
              HasSubstr("longer than 100 bytes"));
  EXPECT_THAT(error_from("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
              HasSubstr("longer than 100 bytes"));
}

TEST(Client, SaysWhatIsNoAnswer) {
  EXPECT_THAT(error_from("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
              HasSubstr("answered 'SSH-2.0-OpenSSH_9.2p1"));
  EXPECT_THAT(error_from(""), HasSubstr("closed without an answer"));
  EXPECT_THAT(error_from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
              HasSubstr("cut off"));
  EXPECT_THAT(error_from("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x')),
              testing::Not(HasSubstr("no error")));
}

TEST(Client, NamesWhoDoesNotListen) {
  std::uint16_t port = 0;
  {
    const Responder gone("");
    port = gone.port();
  }
  EXPECT_THAT(error_of({.url = url_of(port)}),
              AllOf(StartsWith("http://127.0.0.1:"), HasSubstr("Connection refused")));
  EXPECT_THAT(error_of({.url = {.socket = "/nowhere.sock"}}),
              HasSubstr("/nowhere.sock: No such file"));
}

TEST(Client, WaitsNoLongerThanItIsTold) {
  const Responder silent("", Responder::Then::kStay);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of({.url = url_of(silent.port()), .time = milliseconds(50)}),
              HasSubstr("no whole answer within 50 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Client, TriesBothAddressesOfLocalhost) {
  const Responder only_four("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n4");
  EXPECT_EQ(get({.host = "localhost", .port = only_four.port()}), "4");
}

TEST(Client, TheHeadAloneIsEnoughWhenAsked) {
  const Responder endless("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n",
                          Responder::Then::kStay);
  EXPECT_EQ(fetch({.url = url_of(endless.port()), .head_only = true}).status, 200);
}

TEST(Client, GetWantsSuccess) {
  const Responder responder("HTTP/1.1 503 Too Busy\r\nContent-Length: 0\r\n\r\n");
  try {
    get(url_of(responder.port()));
    FAIL();
  } catch (const Error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("answered 503 Too Busy"));
  }
}

TEST(Client, SpeaksOverAUnixSocket) {
  const Scratch scratch;
  const std::string path = (scratch.path / "s").string();
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un place{.sun_family = AF_UNIX};
  path.copy(place.sun_path, sizeof place.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  std::thread server([&] {
    Wire wire(Descriptor(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    wire.read_until("\r\n\r\n", std::chrono::seconds(5));
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix");
  });
  EXPECT_EQ(get(parse_url("http://unix:" + path + ":/x", "test")), "unix");
  server.join();
}

}  // namespace
}  // namespace tidemark::http
