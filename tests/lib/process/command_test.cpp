#include "lib/process/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/base/error.h"
#include "tests/lib/process/actor.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Command, PutsTheWrapperFirst) {
  const Command command{.arguments = {"redis-server", "--port", "0"}, .directory = "/tmp"};
  const Command wrapped = command.under({"valgrind", "--"});
  EXPECT_THAT(wrapped.arguments,
              ::testing::ElementsAre("valgrind", "--", "redis-server", "--port", "0"));
  EXPECT_EQ(wrapped.directory, "/tmp");
}

TEST(FindProgram, LooksInPathAndTakesPathsAsTheyAre) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_FALSE(find_program("no-such-program"));
  EXPECT_FALSE(find_program("/etc/passwd"));  // not executable
  EXPECT_FALSE(find_program("/bin"));         // not a file
  EXPECT_FALSE(find_program(""));
}

TEST(RunToEnd, KeepsOutputErrorsAndTheExitCode) {
  const Finished finished =
      run_to_end({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 3"}}, seconds{10});
  EXPECT_EQ(finished.output, "out\n");
  EXPECT_EQ(finished.errors, "err\n");
  EXPECT_EQ(finished.end.kind, EndKind::kExited);
  EXPECT_EQ(finished.end.code, 3);
}

TEST(RunToEnd, ReadsBothPipesSoThatNeitherBlocks) {
  const Finished finished = run_to_end(Troupe().acting({"flood", "3000000"}), seconds{20});
  EXPECT_EQ(finished.end.code, 0);
  EXPECT_EQ(finished.output.size(), 3'000'000);
  EXPECT_EQ(finished.errors.size(), 3'000'000);
}

TEST(RunToEnd, KeepsTheFirst16MiBAndReadsTheRest) {
  const Finished finished = run_to_end(Troupe().acting({"flood", "20000000"}), seconds{20});
  EXPECT_EQ(finished.end.code, 0);
  EXPECT_EQ(finished.output.size(), std::size_t{16} << 20);
}

TEST(RunToEnd, KillsAllWhenItTakesTooLong) {
  const Troupe troupe;
  const Finished finished =
      run_to_end(troupe.acting({"family", "2", "stubborn"}), milliseconds{200});
  EXPECT_EQ(finished.end.kind, EndKind::kKilled);
  EXPECT_EQ(finished.end.why, "took longer than 0.2 s, so it was killed");
  EXPECT_TRUE(troupe.living().empty());
  EXPECT_TRUE(childless());
}

TEST(RunToEnd, IsNotHeldUpByAClosedOutput) {
  const Finished finished =
      run_to_end({.arguments = {"sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 5"}}, seconds{10});
  EXPECT_EQ(finished.end.code, 5);
}

TEST(RunToEnd, NamesAProgramThatIsNotThere) {
  try {
    run_to_end({.arguments = {"no-such-program"}}, seconds{1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no program 'no-such-program' in PATH");
  }
}

}  // namespace
}  // namespace tidemark
