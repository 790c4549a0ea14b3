#include "lib/process/ready.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/process/line_pattern.h"
#include "tests/lib/process/actor.h"

namespace tidemark {
namespace {

using Kind = Readiness::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A TCP socket of ours on a port that was free.
class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  void listen() const { ::listen(fd_.get(), 8); }
  void close() { fd_.reset(); }

  // Takes one connection, reads a request and answers `text`.
  void answer(const std::string& text) const {
    const Descriptor connection(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request(1000, '\0');
    ::recv(connection.get(), request.data(), request.size(), 0);
    for (const char c : text) ::send(connection.get(), &c, 1, MSG_NOSIGNAL);
  }
  int port = 0;

 private:
  Descriptor fd_;
};

int free_port() { return Socket().port; }

bool gets_ready(const Tree& tree, ReadyProbe& probe) {
  return eventually([&] { return probe.is_ready(tree); });
}

ReadyProbe probe_for(const std::string& text, const TreeOptions& options = {}) {
  return {parse_readiness(text), options};
}

TEST(Readiness, ReadsEveryKind) {
  EXPECT_EQ(parse_readiness("none").kind, Kind::kNone);
  EXPECT_EQ(parse_readiness("auto").kind, Kind::kAuto);
  const Readiness six = parse_readiness("tcp:[::1]:80");
  EXPECT_EQ(six.host + " " + std::to_string(six.port), "::1 80");
  EXPECT_EQ(parse_readiness("tcp:6379").host, "localhost");
  const Readiness http = parse_readiness("http://127.0.0.1:8080/up?x=1");
  EXPECT_EQ(http.path, "/up?x=1");
  EXPECT_EQ(http.port, 8080);
  EXPECT_EQ(parse_readiness("http://localhost").port, 80);
  EXPECT_EQ(parse_readiness("output:^ready: [0-9]+$").pattern, "^ready: [0-9]+$");
  EXPECT_THAT(parse_readiness(R"(command:pg  'a b'"c\"" \d '')").command,
              ElementsAre("pg", "a bc\"", "d", ""));
}

TEST(Readiness, RefusesWhatMeansNothing) {
  for (const char* const text :
       {"", "tcp", "tcp:", "tcp:0", "tcp:65536", "tcp:80x", "tcp:example.org:80", "tcp::80x",
        "http://", "http://x/", "http://1.2.3.4:/", "http://127.0.0.1/a b", "https://127.0.0.1",
        "output:", "output:(", "command:", "command:'a", "command:a\\", "sleep:5"}) {
    EXPECT_THROW(parse_readiness(text), UsageError) << text;
  }
}

TEST(LinePattern, RefusesWhatCouldTakeForEver) {
  EXPECT_THROW(LinePattern("(a*)\\1"), UsageError);
  EXPECT_THROW(LinePattern("((a{200}){200}){200}"), UsageError);
  EXPECT_THROW(LinePattern(std::string(2000, 'a')), UsageError);
  EXPECT_TRUE(LinePattern("\\.1").matches("a.1"));
}

TEST(LinePattern, IsQuickOnHostileLines) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(LinePattern("^(a+)+$").matches(std::string(60'000, 'a') + "b"));
  EXPECT_FALSE(LinePattern("(x+x+)+y").matches(std::string(60'000, 'x')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{5});
}

TEST(LinePattern, LooksBehindZeroBytes) {
  EXPECT_TRUE(LinePattern("ready").matches(std::string_view("\0\0ready", 7)));
}

TEST(Ready, TcpOnceThePortListens) {
  const Troupe troupe;
  const int port = free_port();
  ReadyProbe probe = probe_for("tcp:" + std::to_string(port));
  {
    const Tree asleep = Tree::start(troupe.acting({"sleep"}), {});
    EXPECT_FALSE(probe.is_ready(asleep));
    EXPECT_EQ(probe.seen(), "127.0.0.1:" + std::to_string(port) + ": Connection refused");
  }
  const Tree tree = Tree::start(troupe.acting({"listen", "tcp", std::to_string(port)}), {});
  EXPECT_TRUE(gets_ready(tree, probe));
}

TEST(Ready, NotByAPortThatSomebodyElseHolds) {
  const Troupe troupe;
  const Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  Socket ours;
  ours.listen();
  ReadyProbe probe = probe_for("tcp:" + std::to_string(ours.port));
  EXPECT_TRUE(eventually([&] {
    EXPECT_FALSE(probe.is_ready(tree));
    return probe.seen().find("is held by process " + std::to_string(::getpid())) !=
           std::string::npos;
  }));
}

TEST(Ready, AutoOnceAnyOfItsProcessesListens) {
  const Troupe troupe;
  const Scratch scratch;
  for (const auto& [kind, where] : {std::pair<std::string, std::string>{"tcp", "0"},
                                    {"unix", (scratch.path / "socket").string()}}) {
    ReadyProbe probe = probe_for("auto");
    const Tree tree = Tree::start(troupe.acting({"daemon", "listen", kind, where}), {});
    EXPECT_TRUE(gets_ready(tree, probe)) << kind;
  }
  ReadyProbe probe = probe_for("auto");
  const Tree asleep = Tree::start(troupe.acting({"sleep"}), {});
  EXPECT_FALSE(probe.is_ready(asleep));
  EXPECT_THAT(probe.seen(), HasSubstr("none of its processes listens"));
}

TEST(Ready, ByALineOfEitherOutput) {
  const Scratch scratch;
  const TreeOptions options{.output = scratch.path / "out", .errors = scratch.path / "err"};
  const Tree tree = Tree::start(
      {.arguments = {"sh", "-c",
                     "echo one; printf 'rea' >&2; sleep 0.2; printf 'dy 7' >&2; sleep 9"}},
      options);
  ReadyProbe never = probe_for("output:two", options);
  ReadyProbe probe = probe_for("output:^ready [0-9]$", options);
  EXPECT_TRUE(gets_ready(tree, probe));
  EXPECT_FALSE(never.is_ready(tree));
}

TEST(Ready, ByACommandThatSucceeds) {
  const Troupe troupe;
  const Scratch scratch;
  const Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  const std::string flag = scratch.path / "flag";
  ReadyProbe probe = probe_for("command:test -e " + flag);
  EXPECT_TRUE(eventually([&] {
    EXPECT_FALSE(probe.is_ready(tree));
    return probe.seen() == "'test': exit code 1";
  }));
  write_file(flag, "");
  EXPECT_TRUE(gets_ready(tree, probe));
  ReadyProbe absent = probe_for("command:no-such-program");
  EXPECT_THROW(absent.is_ready(tree), Error);
}

// Answers HTTP from this process, which the probe would not accept as the
// target's; so the port check is out of the way once the socket is closed.
bool http_ready(const std::string& text, std::string& seen) {
  const Troupe troupe;
  const Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  Socket socket;
  socket.listen();
  ReadyProbe probe = probe_for("http://127.0.0.1:" + std::to_string(socket.port) + "/health");
  std::thread server([&] {
    socket.answer(text);
    socket.close();
  });
  bool ready = false;
  eventually([&] {
    ready = probe.is_ready(tree);
    return ready || probe.seen() != "not looked at yet";
  });
  server.join();
  seen = probe.seen();
  return ready;
}

TEST(Ready, ByAnHttpStatusAndNoOther) {
  std::string seen;
  http_ready("HTTP/1.1 503 Starting\r\n\r\n", seen);
  EXPECT_THAT(seen, HasSubstr("/health: answered 503 Starting"));
  http_ready("SSH-2.0-OpenSSH_9.2p1\r\n", seen);
  EXPECT_THAT(seen, HasSubstr("answered 'SSH-2.0"));
  http_ready("HTTP", seen);
  EXPECT_THAT(seen, HasSubstr("the answer was cut off"));
  http_ready("", seen);
  EXPECT_THAT(seen, HasSubstr("closed without an answer"));
}

TEST(Ready, ByARealServersStatus) {
  ASSERT_TRUE(find_program("python3")) << "no python3";
  const Scratch scratch;
  const std::string port = std::to_string(free_port());
  const Tree tree =
      Tree::start({.arguments = {"python3", "-m", "http.server", "--bind", "127.0.0.1", port},
                   .directory = scratch.path},
                  {});
  ReadyProbe probe = probe_for("http://localhost:" + port + "/");
  EXPECT_TRUE(gets_ready(tree, probe));
  ReadyProbe absent = probe_for("http://localhost:" + port + "/absent");
  EXPECT_TRUE(eventually([&] {
    EXPECT_FALSE(absent.is_ready(tree));
    return absent.seen().find("answered 404") != std::string::npos;
  }));
}

}  // namespace
}  // namespace tidemark
