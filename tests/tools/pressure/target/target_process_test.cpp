#include "tools/pressure/target/target_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/error.h"
#include "tests/lib/process/actor.h"

namespace tidemark::pressure {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;

std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

load::Scenario redis(std::uint16_t port) {
  load::Scenario scenario;
  scenario.name = "soak";
  scenario.target = load::parse_target("redis://127.0.0.1:" + std::to_string(port), "target");
  scenario.launch = load::LaunchPlan{.command = {"redis-server", "--port", std::to_string(port),
                                                 "--save", "", "--appendonly", "no"}};
  return scenario;
}

std::string refusal(const load::Scenario& scenario, const std::filesystem::path& directory) {
  try {
    TargetProcess target(scenario, directory);
    target.start({});
  } catch (const Error& error) {
    return std::string(error.what()) + "|" + error.hint();
  }
  return "";
}

TEST(TargetProcess, StartsRedisAndReadsWhatItUses) {
  const Scratch scratch;
  const load::Scenario scenario = redis(free_port());
  TargetProcess target(scenario, scratch.path);
  target.start({});
  EXPECT_TRUE(target.is_ready());
  const TargetReading reading = target.read().value();
  EXPECT_THAT(reading.rss_bytes, Gt(1'000'000));
  EXPECT_THAT(reading.descriptors, Gt(3));
  EXPECT_EQ(reading.processes, 1);
  EXPECT_FALSE(target.died());
  EXPECT_EQ(target.stop().value().kind, EndKind::kStopped);
}

TEST(TargetProcess, KilledByUsAndStartedAgainItDidNotDie) {
  const Scratch scratch;
  const load::Scenario scenario = redis(free_port());
  TargetProcess target(scenario, scratch.path);
  target.start({});
  const pid_t before = target.processes().at(0).pid;
  target.kill();
  EXPECT_FALSE(target.died());
  EXPECT_FALSE(target.read());
  target.restart();
  EXPECT_TRUE(eventually([&] { return target.is_ready(); }));
  EXPECT_NE(target.processes().at(0).pid, before);
  EXPECT_FALSE(target.died());
}

TEST(TargetProcess, OneThatCrashesSaysHow) {
  const Scratch scratch;
  const load::Scenario scenario = redis(free_port());
  TargetProcess target(scenario, scratch.path);
  target.start({});
  ::kill(target.processes().at(0).pid, SIGSEGV);
  std::optional<std::string> why;
  EXPECT_TRUE(eventually([&] { return (why = target.died()).has_value(); }));
  EXPECT_THAT(*why, HasSubstr("the target ended during the run"));
}

TEST(TargetProcess, OneThatEndsBeforeItIsReadySaysItsLastWords) {
  const Scratch scratch;
  load::Scenario scenario = redis(free_port());
  scenario.launch->command = {"ls", "/no/such/file"};
  EXPECT_THAT(refusal(scenario, scratch.path), HasSubstr("No such file or directory"));
}

TEST(TargetProcess, OneThatNeverListensIsNamed) {
  const Scratch scratch;
  load::Scenario scenario = redis(free_port());
  scenario.launch->command = {"sleep", "60"};
  scenario.launch->ready_within = std::chrono::milliseconds(300);
  EXPECT_THAT(refusal(scenario, scratch.path), HasSubstr("not ready within 0.3 s"));
}

TEST(TargetProcess, AProfilerIsMemprofsWork) {
  const Scratch scratch;
  load::Scenario scenario = redis(6379);
  scenario.launch->under = "heap";
  EXPECT_THAT(refusal(scenario, scratch.path),
              HasSubstr("memprof run --with heap --load soak.toml -- redis-server"));
}

TEST(TargetProcess, APidThatNobodyHasIsRefused) {
  const Scratch scratch;
  load::Scenario scenario;
  scenario.pid = 4'194'303;
  EXPECT_THAT(refusal(scenario, scratch.path), HasSubstr("no process has the pid 4194303"));
}

TEST(TargetProcess, OneThatIsNamedByItsPidIsGoneWhenItIs) {
  const Scratch scratch;
  const Troupe troupe;
  Tree tree = Tree::start(troupe.acting({"sleep"}), {});
  load::Scenario scenario;
  scenario.pid = tree.root();
  TargetProcess target(scenario, scratch.path);
  target.start({});
  EXPECT_THAT(target.read().value().rss_bytes, Gt(0));
  EXPECT_FALSE(target.died());
  tree.stop({.signal = SIGKILL, .grace = std::chrono::milliseconds{0}});
  EXPECT_THAT(target.died().value(), HasSubstr("is gone"));
}

TEST(TargetProcess, OneThatIsNotKnownNeverDies) {
  const Scratch scratch;
  const load::Scenario scenario;
  TargetProcess target(scenario, scratch.path);
  target.start({});
  EXPECT_FALSE(target.known());
  EXPECT_FALSE(target.read());
  EXPECT_FALSE(target.died());
}

}  // namespace
}  // namespace tidemark::pressure
