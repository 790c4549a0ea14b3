// What is said, before the run, of faults that cannot be done.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "lib/base/error.h"
#include "tests/tools/pressure/faults/injection.h"
#include "tests/tools/pressure/faults/servers.h"
#include "tools/pressure/faults/faults.h"
#include "tools/pressure/faults/kinds.h"
#include "tools/pressure/faults/network.h"

namespace tidemark::pressure {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string why_not(load::Scenario scenario, const std::string& text) {
  scenario.faults = {{.inject = {injection(text)}}};
  const auto found = impossible_faults(scenario);
  return found.empty() ? "" : found[0].why;
}

// What `work` says in a process of its own, which may change what it is.
std::string said_by(const std::function<std::string()>& work) {
  int ends[2] = {};
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    try {
      text = work();
    } catch (const std::exception& error) {
      text = std::string("error: ") + error.what();
    }
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                            : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

std::string as_nobody(const load::Scenario& scenario, const std::string& text) {
  return said_by([&]() -> std::string {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) {
      return "still root";
    }
    return why_not(scenario, text);
  });
}

TEST(Preflight, RootHereCanDoWhatTheOthersCannot) {
  const load::Scenario scenario = redis_to_launch(1);
  for (const char* text : {"pause 1s", "kill", "connections 10", "memory 64MiB 3s", "cpu 10% 3s",
                           "disk 3s", "fds 100 3s", "dns 3s", "half-open 3", "slow-readers 3"}) {
    EXPECT_EQ(why_not(scenario, text), "") << text;
  }
}

TEST(Preflight, WithoutRootItSaysWhatNeedsIt) {
  const load::Scenario scenario = redis_to_launch(1);
  EXPECT_THAT(as_nobody(scenario, "memory 64MiB 3s"), HasSubstr("control group"));
  EXPECT_THAT(as_nobody(scenario, "disk-full /tmp/no-such-directory 3s"), HasSubstr("takes root"));
  EXPECT_THAT(as_nobody(scenario, "delay 10ms 3s"), HasSubstr("takes root"));
  EXPECT_THAT(as_nobody(scenario, "loss 1% 3s"), HasSubstr("takes root"));
  EXPECT_THAT(as_nobody(scenario, "dns 3s"), HasSubstr("takes root"));
  EXPECT_EQ(as_nobody(scenario, "pause 1s"), "");
}

TEST(Preflight, NeitherWeNorThoseAboveUsAreStopped) {
  load::Scenario scenario;
  scenario.pid = ::getpid();
  EXPECT_THAT(why_not(scenario, "pause 1s"), HasSubstr("one that we run below"));
  scenario.pid = ::getppid();
  EXPECT_THAT(why_not(scenario, "pause 1s"), HasSubstr("one that we run below"));
}

TEST(Preflight, OnlyWhatWasLaunchedIsKilledOrCutOff) {
  const Redis redis;
  load::Scenario scenario = redis.scenario();
  scenario.pid = redis.pid();
  EXPECT_THAT(why_not(scenario, "kill"), HasSubstr("[launch]"));
  EXPECT_THAT(why_not(scenario, "delay 1ms 1s"), HasSubstr("[launch]"));
  EXPECT_THAT(why_not(scenario, "dns 1s"), HasSubstr("[launch]"));
  EXPECT_EQ(why_not(scenario, "pause 1s"), "");
}

TEST(Preflight, MemoryBeyondTheGuardIsRefused) {
  EXPECT_THAT(why_not({}, "memory 900TiB 3s"), HasSubstr("beyond the guard's limit"));
}

TEST(Preflight, MoreConnectionsThanDescriptorsAreRefused) {
  EXPECT_THAT(why_not(redis_at(1), "connections 900000000 3s"), HasSubstr("limit of open files"));
}

TEST(Preflight, ADirectoryWithSomethingInItIsNotMountedOver) {
  const Scratch scratch;
  std::ofstream(scratch.path / "theirs") << "x";
  EXPECT_THAT(why_not({}, "disk-full " + scratch.path.string() + " 3s"), HasSubstr("is not empty"));
  EXPECT_THAT(why_not({}, "disk-full 1MiB 3s"), HasSubstr("no file clients"));
}

TEST(Preflight, ARunWithAnImpossibleFaultDoesNotBeginUnlessItIsSkipped) {
  load::Scenario scenario;
  scenario.faults = {{.inject = {injection("pause 1s"), injection("memory 900TiB 1s")}}};
  Custodian custodian;
  Loop loop;
  Tally tally;
  const Scratch scratch;
  Faults::Setup setup{.ground = {.loop = &loop,
                                 .scenario = &scenario,
                                 .custodian = &custodian,
                                 .directory = scratch.path},
                      .tally = &tally};
  try {
    Faults faults(setup);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"pause 1s\": it is not known which process"));
    EXPECT_THAT(error.what(), HasSubstr("\"memory 900TiB 1s\": "));
  }
  setup.skip_impossible = true;
  Faults faults(setup);
  TargetProcess target(scenario, scratch.path);
  faults.start({.target = &target});
  EXPECT_THAT(faults.notes(), ::testing::SizeIs(2));
  EXPECT_THAT(faults.results().at(0).trouble, Not(""));
}

// This kernel may have no netem: then it must be said, and else it must delay.
TEST(Network, ADelayIsFeltOrSaidToBeImpossible) {
  const std::string why = why_not(redis_to_launch(1), "delay 60ms 1s");
  if (!why.empty()) {
    EXPECT_THAT(why, HasSubstr("this kernel cannot delay packets (tc's netem)"));
    return;
  }
  const std::string said = said_by([]() -> std::string {
    const Scratch scratch;
    NetworkBox box({.network = true}, scratch.path);
    const Redis redis;
    const auto connect_ms = [&] {
      const auto start = std::chrono::steady_clock::now();
      answers(redis.port());
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now() - start)
          .count();
    };
    box.set(std::chrono::milliseconds(60), 0);
    const bool slow = connect_ms() >= 55;
    box.set(load::Duration(0), 0);
    const bool quick = connect_ms() < 30;
    return slow && quick ? "slow, then quick" : "not as it should be";
  });
  EXPECT_EQ(said, "slow, then quick");
}

TEST(Network, TheNamespaceHasALoopbackAndServersInItAreReached) {
  EXPECT_EQ(said_by([]() -> std::string {
              const Scratch scratch;
              const NetworkBox box({.network = true}, scratch.path);
              const Redis redis;
              return answers(redis.port()) ? "reached" : "not reached";
            }),
            "reached");
}

TEST(Network, HalfTheDelayIsEachWays) {
  EXPECT_THAT(
      netem(std::chrono::milliseconds(100), 0.05),
      ::testing::ElementsAre("tc", "qdisc", "replace", "dev", "lo", "root", "netem", "limit",
                             "100000", "delay", "50000us", "loss", "random", "5%"));
}

TEST(Network, NamesAreBrokenForUsAloneAndMended) {
  const std::string before = std::string(read_file("/etc/resolv.conf").bytes());
  const std::string said = said_by([&]() -> std::string {
    const Scratch scratch;
    NetworkBox box({.resolver = true}, scratch.path);
    const auto seen = [] { return std::string(read_file("/etc/resolv.conf").bytes()); };
    if (seen() != before) return "another resolver before it begins";
    box.break_names(true);
    if (seen() == before) return "not broken";
    addrinfo* found = nullptr;
    if (::getaddrinfo("a-name.example", nullptr, nullptr, &found) == 0) return "a name was found";
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) return "no localhost";
    box.break_names(false);
    return seen() == before ? "broken and mended" : "not mended";
  });
  EXPECT_EQ(said, "broken and mended");
  EXPECT_EQ(read_file("/etc/resolv.conf").bytes(), before);
}

}  // namespace
}  // namespace tidemark::pressure
