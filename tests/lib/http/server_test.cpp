#include "lib/http/server.h"

#include <gmock/gmock.h>

#include <memory>
#include <thread>

#include "lib/base/error.h"
#include "lib/http/guard.h"
#include "tests/lib/http/wire.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<Route> routes_for_tests() {
  return {
      {.path = "/",
       .answer = [](const Call&) { return Answer{.type = "text/html", .body = "<p>hello"}; }},
      {.path = "/names/*/is",
       .answer =
           [](const Call& call) {
             return Answer{.body = call.stars[0] + std::string(call.query_or("q", "?"))};
           }},
      {.path = "/fails", .answer = [](const Call&) -> Answer { throw Error("it broke"); }},
      {.path = "/refuses", .answer = [](const Call&) -> Answer { throw UsageError("not so"); }},
      {.method = "POST",
       .path = "/said",
       .answer = [](const Call& call) { return Answer{.body = "said " + call.body}; }},
      {.path = "/events",
       .stream =
           [](const Call& call) {
             return Stream{.topic = "news",
                           .first = {{"7", "hello", "after " + call.last_event_id}}};
           }},
  };
}

// A server on a thread of its own, as long as this lives.
class Running {
 public:
  explicit Running(ServerSettings settings = {})
      : server_(std::move(settings), routes_for_tests()) {
    // Each tick is an event; how many there are is what tests choose.
    server_.every(milliseconds(5), [this] {
      if (chatter_ > 0) server_.publish("news", {"8", "", std::string(chatter_, 'n')});
      streams_ = server_.streams();
    });
    thread_ = std::thread([this] { server_.run(); });
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { stop(); }

  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port() const { return server_.port(); }
  void chatter(std::size_t bytes) { chatter_ = bytes; }

  // Whether that many streams are open within some seconds.
  bool comes_to_streams(std::size_t count) const {
    for (int i = 0; i < 1000 && streams_ != count; ++i)
      std::this_thread::sleep_for(milliseconds(10));
    return streams_ == count;
  }

  // What is answered to `request`; "Host: localhost" is added after its first line.
  std::string ask(const std::string& line, const std::string& rest = "") const {
    Wire wire(port());
    wire.send(line + "\r\nHost: localhost\r\nConnection: close\r\n" + rest + "\r\n");
    return wire.read_all();
  }
  std::string raw(const std::string& bytes) const {
    Wire wire(port());
    wire.send(bytes);
    return wire.read_all();
  }

 private:
  Server server_;
  std::atomic<std::size_t> chatter_ = 0;
  std::atomic<std::size_t> streams_ = 0;
  std::thread thread_;
};

TEST(Server, AnswersByItsTable) {
  const Running server({.headers = {{"X-Always", "yes"}}});
  EXPECT_THAT(server.ask("GET / HTTP/1.1"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/html\r\n"),
                    HasSubstr("X-Always: yes\r\n"), EndsWith("\r\n\r\n<p>hello")));
  EXPECT_THAT(server.ask("GET /names/a%2Fb/is?q=%21 HTTP/1.1"), EndsWith("\r\n\r\na/b!"));
  EXPECT_THAT(server.ask("HEAD / HTTP/1.1"),
              AllOf(HasSubstr("Content-Length: 8"), EndsWith("\r\n\r\n")));
}

TEST(Server, SaysWhatItDoesNotHave) {
  const Running server({.token = "t"});
  EXPECT_THAT(server.ask("GET /absent HTTP/1.1"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(server.ask("GET /names//is HTTP/1.1"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(server.ask("DELETE / HTTP/1.1", "Authorization: Bearer t\r\n"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(server.ask("GET /fails HTTP/1.1"),
              AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("it broke")));
  EXPECT_THAT(server.ask("GET /refuses HTTP/1.1"), StartsWith("HTTP/1.1 400"));
}

TEST(Server, KeepsAConnection) {
  const Running server;
  Wire wire(server.port());
  for (int i = 0; i < 3; ++i) {
    wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(wire.read_until("hello", seconds(5)), EndsWith("hello"));
  }
}

TEST(Server, AnswersRequestsThatComeTogetherOneAfterTheOther) {
  const Running server;
  const std::string one = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  EXPECT_THAT(server.raw(one + "GET /names/x/is HTTP/1.0\r\nHost: localhost\r\n\r\n"),
              AllOf(HasSubstr("<p>hello"), EndsWith("x?")));
}

TEST(Server, RefusesNamesItDoesNotGoBy) {
  const Running server({.hosts = {"soak.example"}});
  const auto ask = [&](const std::string& host) {
    return server.raw("GET / HTTP/1.1\r\nConnection: close\r\n" + host + "\r\n").substr(9, 3);
  };
  EXPECT_EQ(ask("Host: evil.example\r\n"), "421");
  EXPECT_EQ(ask("Host: 127.0.0.1.evil.example:80\r\n"), "421");
  EXPECT_EQ(ask("Host: localhost\r\nHost: evil.example\r\n"), "400");
  EXPECT_EQ(ask(""), "400");
  EXPECT_EQ(ask("Host: soak.example:8080\r\n"), "200");
  EXPECT_EQ(ask("Host: LOCALHOST:1\r\n"), "200");
  EXPECT_EQ(ask("Host: [::1]:1\r\n"), "200");
  EXPECT_EQ(ask("Host: 10.0.0.7\r\n"), "200");
}

TEST(Server, WritesNeedTheToken) {
  const Running server({.token = "secret"});
  const std::string body = "Content-Length: 2\r\n";
  const auto post = [&](const std::string& headers) {
    return server.raw("POST /said HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + body +
                      headers + "\r\nhi");
  };
  EXPECT_THAT(post(""), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(post("Authorization: Bearer secre\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(post("Authorization: Bearer secret\r\n"), EndsWith("said hi"));
  EXPECT_THAT(post("Authorization: Bearer secret\r\nOrigin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403"));
}

TEST(Server, WithoutATokenNobodyWrites) {
  const Running server;
  EXPECT_THAT(server.ask("POST /said HTTP/1.1", "Authorization: Bearer \r\n"),
              StartsWith("HTTP/1.1 401"));
}

TEST(Server, ATokenInTheAddressBecomesACookie) {
  const Running server({.token = "secret", .token_to_read = true});
  EXPECT_THAT(server.ask("GET / HTTP/1.1"), StartsWith("HTTP/1.1 401"));
  const std::string cookie = "tidemark-" + std::to_string(server.port()) + "=secret";
  EXPECT_THAT(server.ask("GET /?token=secret HTTP/1.1"),
              AllOf(StartsWith("HTTP/1.1 303"), HasSubstr("Location: /\r\n"),
                    HasSubstr("Set-Cookie: " + cookie + "; HttpOnly; SameSite=Strict")));
  EXPECT_THAT(server.ask("GET / HTTP/1.1", "Cookie: a=b; " + cookie + "\r\n"), EndsWith("hello"));
}

TEST(Server, AnswersWhatIsNoRequest) {
  const Running server({.most_header = 4096, .most_body = 100});
  EXPECT_THAT(server.raw("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(server.raw("GET /" + std::string(100'000, 'x')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(server.raw("\x16\x03\x01\x02 a TLS hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server.raw("G@T / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server.ask("GET http://localhost/ HTTP/1.1"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server.ask("GET /%zz HTTP/1.1"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server.ask("BREW / HTTP/1.1"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(server.ask("POST /said HTTP/1.1", "Content-Length: 5000\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(server.ask("POST /said HTTP/1.1", "Content-Length: -1\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server.ask("GET / HTTP/1.1"), EndsWith("hello"));
}

TEST(Server, DoesNotWaitForARequestThatDrips) {
  const Running server({.request_time = milliseconds(200)});
  Wire wire(server.port());
  const auto start = std::chrono::steady_clock::now();
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(10'000, 'x');
  for (const char c : request) {
    if (!wire.send({&c, 1})) break;
    if (std::chrono::steady_clock::now() - start > seconds(10)) break;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST(Server, DoesNotWaitForASilentConnection) {
  const Running server({.idle_time = milliseconds(100)});
  Wire wire(server.port());
  EXPECT_EQ(wire.read_all(), "");
  EXPECT_TRUE(wire.closed());
}

TEST(Server, RefusesMoreConnectionsThanItTakes) {
  const Running server({.most_connections = 2});
  Wire first(server.port());
  Wire second(server.port());
  Wire third(server.port());
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503"));
  second.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(second.read_all(), EndsWith("hello"));
}

std::string events_request(const std::string& rest = "") {
  return "GET /events HTTP/1.1\r\nHost: localhost\r\n" + rest + "\r\n";
}

TEST(Server, StreamsBeginWhereTheReaderLeftOff) {
  const Running server;
  Wire wire(server.port());
  wire.send(events_request("Last-Event-ID: 6\r\n"));
  EXPECT_THAT(wire.read_until("after 6\n\n", seconds(5)),
              AllOf(HasSubstr("Content-Type: text/event-stream"),
                    EndsWith("\r\n\r\nretry: 1000\n\nid: 7\nevent: hello\ndata: after 6\n\n")));
}

TEST(Server, HundredsOfReadersGetEveryEvent) {
  Running server;
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 300; ++i) {
    wires.push_back(std::make_unique<Wire>(server.port()));
    wires.back()->send(events_request());
  }
  EXPECT_TRUE(server.comes_to_streams(300));
  server.chatter(3);
  for (auto& wire : wires) {
    EXPECT_THAT(wire->read_until("data: nnn\n\n", seconds(20)), EndsWith("id: 8\ndata: nnn\n\n"));
  }
}

TEST(Server, DropsAReaderThatIsTooSlowAndNobodyElse) {
  Running server({.most_waiting = 100'000});
  Wire slow(server.port(), 4096);
  slow.send(events_request());
  Wire quick(server.port());
  quick.send(events_request());
  EXPECT_TRUE(server.comes_to_streams(2));
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) quick.read_until("nn\n\n", seconds(5));
  });
  server.chatter(20'000);
  EXPECT_TRUE(server.comes_to_streams(1));
  EXPECT_THAT(slow.read_all(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(slow.closed());
  done = true;
  reader.join();
  EXPECT_FALSE(quick.closed());
}

TEST(Server, NoticesThatAReaderIsGone) {
  const Running server;
  {
    Wire wire(server.port());
    wire.send(events_request());
    EXPECT_TRUE(server.comes_to_streams(1));
  }
  EXPECT_TRUE(server.comes_to_streams(0));
}

TEST(Server, AQuietStreamShowsSignsOfLife) {
  const Running server({.beat_time = milliseconds(20)});
  Wire wire(server.port());
  wire.send(events_request());
  EXPECT_THAT(wire.read_until(":\n\n", seconds(5)), EndsWith(":\n\n"));
}

TEST(Server, StopsAtOnceThoughReadersAreThere) {
  Running server;
  Wire stream(server.port());
  stream.send(events_request());
  Wire idle(server.port());
  EXPECT_TRUE(server.comes_to_streams(1));
  const auto start = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(900));
  EXPECT_THAT(stream.read_all(), Not(HasSubstr("nothing more in time")));
}

TEST(Server, SaysWhoHasThePort) {
  const Running server;
  try {
    const Server second({.port = server.port()}, {});
    FAIL();
  } catch (const Error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("Address already in use"));
  }
}

TEST(Server, TextOfAnEventCannotBecomeAnotherEvent) {
  EXPECT_EQ(event_text("1\n2", "a\rb", "x\ny\r\nevent: z"),
            "id: 12\nevent: ab\ndata: x\ndata: y\ndata: event: z\n\n");
}

}  // namespace
}  // namespace tidemark::http
