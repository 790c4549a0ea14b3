#include <gmock/gmock.h>

#include "tests/tools/pressure/protocols/one_client.h"
#include "tests/tools/pressure/protocols/service.h"
#include "tools/pressure/protocols/http2.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

load::LoadPlan with_streams(int streams) {
  load::LoadPlan plan;
  plan.streams = streams;
  plan.verify_tls = false;
  return plan;
}

// A certificate for 127.0.0.1 that nobody vouches for, as nginx names it.
std::string certified_by_itself(const std::filesystem::path& directory) {
  const std::string key = directory / "key.pem";
  const std::string certificate = directory / "certificate.pem";
  run_to_end({.arguments = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate}},
             std::chrono::seconds(30));
  return "ssl_certificate " + certificate + "; ssl_certificate_key " + key + ";";
}

TEST(Http2Service, NginxAnswersWithPriorKnowledge) {
  const Service server = Service::nginx("http2", "location / { return 200 hello; }");
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text());
  EXPECT_EQ(one.call(http("/", {.contains = "hello"})).failure, Failure::kNone);
  EXPECT_EQ(one.call(http("/", {.status = 201})).failure, Failure::kStatus);
}

TEST(Http2Service, NginxAnswersOverTls) {
  const Scratch scratch;
  const Service server =
      Service::nginx("ssl http2", certified_by_itself(scratch.path) +
                                      "location / { return 200 $server_protocol; }");
  const std::string target = "h2://127.0.0.1:" + server.port_text();
  OneClient<Http2Client> one(target, with_streams(1));
  EXPECT_EQ(one.call(http("/", {.contains = "HTTP/2.0"})).failure, Failure::kNone);
  OneClient<Http2Client> careful(target);
  EXPECT_EQ(careful.call(http("/")).failure, Failure::kTls);
}

TEST(Http2Service, ManyStreamsShareAConnection) {
  const Service server = Service::nginx("http2", "location / { return 200 $connection; }");
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text(), with_streams(16));
  load::Request first = http("/");
  first.captures = {{.name = "got", .header = "content-length"}};
  EXPECT_EQ(one.call(first).failure, Failure::kNone);
  EXPECT_NE(one.values.captured["got"], "");
  const std::vector<load::Request> many(500, http("/"));
  for (const Outcome& outcome : one.calls(many)) ASSERT_EQ(outcome.failure, Failure::kNone);
}

TEST(Http2Service, AGoawayCostsNoRequest) {
  const Service server =
      Service::nginx("http2", "keepalive_requests 10; location / { return 200 hello; }");
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text(), with_streams(8));
  const std::vector<load::Request> many(300, http("/", {.contains = "hello"}));
  for (const Outcome& outcome : one.calls(many)) ASSERT_EQ(outcome.failure, Failure::kNone);
}

TEST(Http2Service, NghttpdSendsBackWhatItIsSent) {
  const Service server =
      Service::of({"nghttpd", "-a", "127.0.0.1", "--no-tls", "--echo-upload"}, {});
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text(), with_streams(4));
  load::Request post = http("/", {.contains = "the end"});
  auto& action = std::get<load::HttpRequest>(post.action);
  action.method = "POST";
  action.body = text("${text:200KiB} the end");
  const std::vector<load::Request> many(20, post);
  for (const Outcome& outcome : one.calls(many)) ASSERT_EQ(outcome.failure, Failure::kNone);
}

TEST(Http2Service, NghttpdSaysWhatIsNotThere) {
  const Service server = Service::of({"nghttpd", "-a", "127.0.0.1", "--no-tls"}, {});
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text());
  EXPECT_EQ(one.call(http("/nothing")).failure, Failure::kStatus);
  EXPECT_EQ(one.call(http("/nothing", {.status = 404})).failure, Failure::kNone);
}

// Takes connections on a port and never says anything.
class Mute {
 public:
  Mute() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{.sin_family = AF_INET};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&place), size);
    ::listen(socket_.get(), 16);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&place), &size);
    port = std::to_string(ntohs(place.sin_port));
  }
  std::string port;

 private:
  Descriptor socket_;
};

TEST(Http2Service, ATimeoutEndsItsStreamAlone) {
  const Mute mute;
  const Service server = Service::nginx(
      "http2", "location /slow { proxy_pass http://127.0.0.1:" + mute.port +
                   "; } location / { add_header x-connection $connection; return 200 hello; }");
  load::LoadPlan plan = with_streams(2);
  plan.timeout = std::chrono::milliseconds(200);
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text(), plan);
  load::Request fast = http("/");
  fast.captures = {{.name = "got", .header = "x-connection"}};
  one.call(fast);
  const std::string connection = one.values.captured["got"];
  std::vector<load::Request> requests(500, fast);
  requests.front() = http("/slow");
  const std::vector<Outcome> outcomes = one.calls(requests);
  EXPECT_EQ(outcomes.front().failure, Failure::kTimeout);
  for (std::size_t i = 1; i < outcomes.size(); ++i) ASSERT_EQ(outcomes[i].failure, Failure::kNone);
  EXPECT_EQ(one.values.captured["got"], connection);
}

TEST(Http2Service, MayGoAwayAndComeBack) {
  Service server = Service::nginx("http2", "location / { return 200 hello; }");
  OneClient<Http2Client> one("h2c://127.0.0.1:" + server.port_text());
  const load::Request get = http("/");
  EXPECT_EQ(one.call(get).failure, Failure::kNone);
  server.stop();
  EXPECT_NE(one.call(get).failure, Failure::kNone);
  EXPECT_EQ(one.call(get).failure, Failure::kConnect);
  server.restart();
  EXPECT_EQ(one.call(get).failure, Failure::kNone);
}

}  // namespace
}  // namespace tidemark::pressure
