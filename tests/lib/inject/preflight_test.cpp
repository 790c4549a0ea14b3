#include "lib/inject/preflight.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/file.h"
#include "tests/lib/inject/hosted.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;
using Program = TargetFacts::Program;

std::string what(const TargetFacts& facts) {
  const std::optional<Obstacle> obstacle = injection_obstacle(facts);
  return obstacle ? obstacle->what : "nothing";
}

std::string head_of_this() {
  return std::string(read_file("/proc/self/exe").bytes().substr(0, 64));
}

TEST(Preflight, KnowsTheKindOfAProgram) {
  const std::string head = head_of_this();
  EXPECT_EQ(kind_of_program(head, {"a", "libc.so.6"}), Program::kGlibc);
  EXPECT_EQ(kind_of_program(head, {"a", "libc-2.31.so"}), Program::kGlibc);
  EXPECT_EQ(kind_of_program(head, {"a", "ld-musl-x86_64.so.1"}), Program::kMusl);
  EXPECT_EQ(kind_of_program(head, {"a", "libc.so"}), Program::kMusl);
  EXPECT_EQ(kind_of_program(head, {"a"}), Program::kStatic);
  EXPECT_EQ(kind_of_program("#!/bin/sh", {}), Program::kNotElf);
  std::string small = head;
  small[4] = 1;  // ELFCLASS32
  EXPECT_EQ(kind_of_program(small, {"a", "libc.so.6"}), Program::kOther32Bit);
}

TEST(Preflight, LetsAnOrdinaryProgramPass) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  EXPECT_EQ(what(facts_of(program.pid())), "nothing");
}

TEST(Preflight, SaysThatAProgramIsStatic) {
  Hosted program({HOSTED_STATIC, "read"});
  ASSERT_TRUE(program.says("ready"));
  EXPECT_THAT(what(facts_of(program.pid())), HasSubstr("statically linked"));
}

TEST(Preflight, SaysThatSystemCallsAreFiltered) {
  Hosted program({HOSTED, "filter"});
  ASSERT_TRUE(program.says("filtered"));
  EXPECT_THAT(
      what(facts_of(program.pid())),
      HasSubstr(fmt::format("seccomp restricts the system calls of its thread {}", program.pid())));
}

TEST(Preflight, NamesTheDebuggerThatIsThere) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, program.pid(), 0, 0), 0);
  EXPECT_EQ(what(facts_of(program.pid())),
            fmt::format("it is traced by process {} (inject_test)", ::getpid()));
  ::ptrace(PTRACE_INTERRUPT, program.pid(), 0, 0);
  ::waitpid(program.pid(), nullptr, __WALL);
  ::ptrace(PTRACE_DETACH, program.pid(), 0, 0);
}

TEST(Preflight, SaysThatAProgramIsStopped) {
  TargetFacts facts{.pid = 77, .state = 'T', .program = Program::kGlibc};
  EXPECT_EQ(what(facts), "it is stopped");
  EXPECT_EQ(injection_obstacle(facts)->remedy, "kill -CONT 77");
}

TEST(Preflight, ExplainsWhoMayTrace) {
  TargetFacts facts{.pid = 77, .state = 'S', .may_trace = false, .yama = 1};
  facts.user = ::geteuid();
  EXPECT_THAT(what(facts), HasSubstr("kernel.yama.ptrace_scope is 1"));
  EXPECT_THAT(injection_obstacle(facts)->remedy, HasSubstr("sysctl kernel.yama.ptrace_scope=0"));
  facts.yama = 3;
  EXPECT_THAT(what(facts), HasSubstr("no process may trace another"));
}

TEST(Preflight, ExplainsShadowStacks) {
  TargetFacts facts{.pid = 77, .state = 'S', .user_stack_guard = "shstk"};
  facts.program = Program::kGlibc;
  EXPECT_THAT(what(facts), HasSubstr("shadow stacks"));
}

// Asked by a process without rights: one of our own that gave them up.
TEST(Preflight, SaysWhoseProcessItIs) {
  if (::geteuid() != 0) {
    EXPECT_THAT(what(facts_of(1)), HasSubstr("belongs to user 0"));
    return;
  }
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool other =
        ::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0;
    ::_exit(other && what(facts_of(program.pid())) == "it belongs to user 0, and we are user 65534"
                ? 0
                : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tidemark
