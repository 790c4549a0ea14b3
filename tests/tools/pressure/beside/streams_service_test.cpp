// Many WebSockets and event streams, against the example service and against nginx with
// nchan.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>

#include "lib/base/error.h"
#include "lib/http/client.h"
#include "tests/lib/process/actor.h"
#include "tests/tools/pressure/beside/beside_run.h"
#include "tools/pressure/beside/sse.h"
#include "tools/pressure/beside/websocket.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using std::chrono::milliseconds;

// The example service; its port is in the first line that it prints.
class ExampleService {
 public:
  ExampleService()
      : tree_(Tree::start(
            {.arguments = {std::string(TIDEMARK_BUILD) + "/examples/leaky-service/leaky-service",
                           "--port", "0"}},
            {.output = scratch_.path / "output"})) {
    EXPECT_TRUE(eventually([&] {
      const std::string said = read_kernel_file(scratch_.path / "output").value_or("");
      if (!said.ends_with('\n')) return false;
      url_ = "http://127.0.0.1:" + said.substr(said.rfind(':') + 1);
      url_.pop_back();
      return true;
    }));
  }
  const std::string& url() const { return url_; }

 private:
  Scratch scratch_;
  std::string url_;
  Tree tree_;
};

std::int64_t rss() { return process_status(getpid()).value().rss_bytes; }
constexpr std::int64_t kMegabyte = 1 << 20;

TEST(ManyStreams, AThousandWebSocketsAllSucceedInFlatMemory) {
  const ExampleService service;
  BesideRun run;
  run.scenario.load.timeout = std::chrono::seconds(10);
  run.aim(service.url());
  const std::int64_t before = rss();
  WebSocketTalkers talkers(run.setup("chat"),
                           {.path = "/ws",
                            .clients = 1000,
                            .every = {.low = milliseconds(500), .high = milliseconds(500)},
                            .send = load::Template("{\"seq\":${seq}}", "the test", {}),
                            .ack = "ack",
                            .timeout = std::chrono::seconds(10)});
  talkers.start();
  run.until([&] { return run.done("chat") == 1000; }, 30 * kSecond);
  run.run_for(3 * kSecond);
  const std::int64_t early = rss();
  run.run_for(6 * kSecond);
  const std::int64_t late = rss();
  const Counts acks = run.counts("chat.ack");
  fmt::print("{} acknowledged, p50 {:.3f} ms, p99 {:.3f} ms; {:.1f} MB, then {:.1f}, then {:.1f}\n",
             acks.done, static_cast<double>(acks.response.at_percentile(50)) / 1e6,
             static_cast<double>(acks.response.at_percentile(99)) / 1e6,
             static_cast<double>(before) / 1e6, static_cast<double>(early) / 1e6,
             static_cast<double>(late) / 1e6);
  EXPECT_EQ(run.counts("chat").failed(), 0);
  EXPECT_EQ(acks.failed(), 0);
  EXPECT_GT(acks.done, 14'000);
  EXPECT_LT(late - early, kMegabyte);
  EXPECT_GT(talkers.connected_share(), 0.9);
}

TEST(ManyStreams, TenThousandIdleAndAHundredActiveEventStreamsTakeLittleMemory) {
  const ExampleService service;
  BesideRun run;
  run.scenario.load.timeout = std::chrono::seconds(20);
  run.aim(service.url());
  const std::int64_t before = rss();
  SseReaders idle(run.setup("idle"), {.path = "/events?every=3600000ms", .clients = 10'000});
  SseReaders active(
      run.setup("active"),
      {.path = "/events?every=100ms", .clients = 100, .ordered = true, .lossless = true});
  idle.start();
  active.start();
  run.until([&] { return run.done("idle.connect") + run.done("active.connect") == 10'100; },
            60 * kSecond);
  run.run_for(2 * kSecond);
  const std::int64_t early = rss();
  run.run_for(6 * kSecond);
  const std::int64_t late = rss();
  const Counts events = run.counts("active.delivery");
  fmt::print("{} events, p50 {:.3f} ms, p99 {:.3f} ms; {:.1f} MB, then {:.1f}, then {:.1f}\n",
             events.done, static_cast<double>(events.response.at_percentile(50)) / 1e6,
             static_cast<double>(events.response.at_percentile(99)) / 1e6,
             static_cast<double>(before) / 1e6, static_cast<double>(early) / 1e6,
             static_cast<double>(late) / 1e6);
  EXPECT_EQ(run.counts("idle.connect").failed() + run.counts("active.connect").failed(), 0);
  EXPECT_EQ(events.failed(), 0);
  EXPECT_GT(events.done, 6000);
  EXPECT_LT(late, 60 * kMegabyte);
  EXPECT_LT(late - early, kMegabyte);
}

// nginx with nchan: what is posted to /pub reaches everybody at /sub, in TLS or without.
class Nchan {
 public:
  Nchan() : port_(free_port()), tls_port_(free_port()), tree_(start()) {
    EXPECT_TRUE(eventually([&] { return answers(); })) << "nginx does not serve";
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  std::string tls_url() const { return fmt::format("https://127.0.0.1:{}", tls_port_); }

  void publish(const std::string& text) const {
    http::fetch(
        {.url = http::parse_url(url() + "/pub", "the test"), .method = "POST", .body = text});
  }

 private:
  static int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }

  bool answers() const {
    try {
      http::fetch({.url = http::parse_url(url() + "/pub", "the test")});
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  Tree start() const {
    std::ofstream(scratch_.path / "nginx.conf") << fmt::format(
        R"(load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 2000; }}
http {{
  access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
  uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{
    listen 127.0.0.1:{1}; listen 127.0.0.1:{2} ssl;
    ssl_certificate {0}/cert; ssl_certificate_key {0}/key;
    location = /sub {{ nchan_subscriber eventsource websocket; nchan_channel_id test; }}
    location = /both {{ nchan_pubsub websocket; nchan_channel_id $request_id; }}
    location = /pub {{ nchan_publisher; nchan_channel_id test; }}
  }}
}}
)",
        scratch_.path.string(), port_, tls_port_);
    const Finished made =
        run_to_end({.arguments = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                  "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                                  "/CN=localhost", "-keyout", (scratch_.path / "key").string(),
                                  "-out", (scratch_.path / "cert").string()}},
                   milliseconds(20'000));
    EXPECT_EQ(made.end.code, 0) << made.errors;
    return Tree::start({.arguments = {"nginx", "-c", (scratch_.path / "nginx.conf").string(), "-e",
                                      (scratch_.path / "error.log").string()}},
                       {.output = scratch_.path / "output", .errors = scratch_.path / "errors"});
  }

  Scratch scratch_;
  int port_;
  int tls_port_;
  Tree tree_;
};

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(Nchan, EventStreamsAreDeliveredInOrderAndResumed) {
  const Nchan nginx;
  BesideRun run;
  run.aim(nginx.url());
  SseReaders readers(run.setup("feed"),
                     {.path = "/sub", .clients = 25, .ordered = true, .lossless = true});
  readers.start();
  run.until([&] { return run.done("feed.connect") == 25; });
  for (int seq = 1; seq <= 10; ++seq) {
    nginx.publish(fmt::format("{{\"seq\":{},\"at_ms\":{}}}", seq, wall_clock_ms()));
  }
  run.until([&] { return run.done("feed.delivery") == 250; });
  EXPECT_EQ(run.counts("feed.delivery").failed(), 0);
  EXPECT_EQ(run.counts("feed.connect").failed(), 0);
  EXPECT_LT(run.counts("feed.delivery").response.at_percentile(50), kSecond);
}

// Each talker is alone on its channel, which sends it what it said.
TEST(Nchan, WebSocketsHearThemselves) {
  const Nchan nginx;
  BesideRun run;
  run.aim(nginx.url());
  WebSocketTalkers talkers(run.setup("chat"),
                           {.path = "/both",
                            .clients = 50,
                            .every = {.low = milliseconds(100), .high = milliseconds(100)},
                            .send = load::Template("{\"seq\":${seq}}", "the test", {}),
                            .ack = "seq"});
  talkers.start();
  run.until([&] { return run.done("chat.ack") >= 500; });
  EXPECT_EQ(run.counts("chat").failed(), 0);
  EXPECT_EQ(run.counts("chat.ack").failed(), 0);
}

TEST(Nchan, BothWorkInTls) {
  const Nchan nginx;
  BesideRun run;
  run.scenario.load.verify_tls = false;
  run.aim(nginx.tls_url());
  SseReaders readers(run.setup("feed"), {.path = "/sub", .ordered = true, .lossless = true});
  WebSocketTalkers talkers(run.setup("chat"),
                           {.path = "/both",
                            .every = {.low = milliseconds(20), .high = milliseconds(20)},
                            .send = load::Template("{\"seq\":${seq}}", "the test", {}),
                            .ack = "seq"});
  readers.start();
  talkers.start();
  run.until([&] { return run.done("feed.connect") == 1 && run.done("chat.ack") >= 5; });
  nginx.publish(fmt::format("{{\"seq\":1,\"at_ms\":{}}}", wall_clock_ms()));
  run.until([&] { return run.done("feed.delivery") == 1; });
  EXPECT_EQ(run.counts("feed.connect").failed() + run.counts("chat").failed(), 0);
}

TEST(Nchan, ACertificateThatDoesNotHoldIsCounted) {
  const Nchan nginx;
  BesideRun run;
  run.aim(nginx.tls_url());
  SseReaders readers(run.setup("feed"), {.path = "/sub"});
  readers.start();
  run.until([&] { return run.failed("feed.connect", Failure::kTls) >= 2; });
  EXPECT_EQ(run.done("feed.connect"), 0);
}

}  // namespace
}  // namespace tidemark::pressure
