#include "lib/inject/injector.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/error.h"
#include "lib/inject/address_space.h"
#include "lib/inject/safe_place.h"
#include "lib/process/proc.h"
#include "tests/lib/inject/hosted.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

Errand slow() { return {.library = GUEST, .function = "guest_slow", .argument = "x"}; }

Errand writing(const std::string& path) {
  return {.library = GUEST, .function = "guest_write", .argument = path};
}

std::string why_not(pid_t pid, const Errand& errand) {
  try {
    send_errand(pid, errand);
    return "it went";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Injector, LoadsALibraryAndCallsIt) {
  Hosted program({HOSTED, "sleep"});
  ASSERT_TRUE(program.says("ready"));
  const std::string file = program.directory() / "calls";
  EXPECT_EQ(send_errand(program.pid(), writing(file)).result, 1);
  EXPECT_EQ(send_errand(program.pid(), writing(file)).result, 2);
  EXPECT_EQ(read_file(file).bytes(), "call 1\ncall 2\n");
  EXPECT_TRUE(has_library(program.pid(), "libguest_library.so"));
}

TEST(Injector, LeavesNoMappingOfItsOwnBehind) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  send_errand(program.pid(), slow());
  const auto before = AddressSpace::of(program.pid()).mappings().size();
  for (int i = 0; i < 5; ++i) send_errand(program.pid(), slow());
  EXPECT_EQ(AddressSpace::of(program.pid()).mappings().size(), before);
}

TEST(Injector, LetsASleepGoOn) {
  Hosted program({HOSTED, "sleep"});
  ASSERT_TRUE(program.says("ready"));
  for (int i = 0; i < 3; ++i) send_errand(program.pid(), slow());
  ASSERT_TRUE(program.says("slept"));
  EXPECT_THAT(program.output(), HasSubstr("slept 1.2 whole"));
  EXPECT_THAT(program.output(), Not(HasSubstr("Interrupted")));
}

TEST(Injector, KeepsEveryRegisterOfAThreadThatComputes) {
  Hosted program({HOSTED, "compute"});
  ASSERT_TRUE(program.says("ready"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(send_errand(program.pid(), slow()).result, 42);
  EXPECT_FALSE(program.tree().ended());
  EXPECT_EQ(program.output(), "ready\n");
}

TEST(Injector, TakesAThreadThatWaits) {
  Hosted program({HOSTED, "threads"});
  ASSERT_TRUE(program.says("waiting"));
  while (threads_by_idleness(program.pid()).front() != program.pid()) {
  }
  EXPECT_EQ(send_errand(program.pid(), slow()).thread, program.pid());
  EXPECT_EQ(program.output(), "ready\nwaiting\n");
}

TEST(Injector, LosesNoSignalToAThreadThatIsAway) {
  Hosted program({HOSTED, "signals"});
  ASSERT_TRUE(program.says("ready"));
  for (int i = 0; i < 4; ++i) send_errand(program.pid(), slow());
  ASSERT_TRUE(program.says("ticks"));
  EXPECT_THAT(program.output(), Not(HasSubstr("ticks 0")));
}

TEST(Injector, SaysWhatTheLoaderSaid) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  EXPECT_THAT(why_not(program.pid(), {.library = "/no/such.so", .function = "f"}),
              HasSubstr("the target's loader says: /no/such.so: cannot open"));
  EXPECT_THAT(why_not(program.pid(), {.library = GUEST, .function = "guest_nothing"}),
              HasSubstr("undefined symbol: guest_nothing"));
  EXPECT_THAT(why_not(program.pid(), {.library = "/another.so",
                                      .function = "f",
                                      .loading = Errand::Loading::kOnlyIfThere}),
              HasSubstr("/another.so: cannot open"));
}

// A process of ours that sends `program` away and is killed while it is.
void be_killed_meanwhile(const Hosted& program) {
  const pid_t injector = ::fork();
  if (injector == 0) {
    send_errand(program.pid(), slow());
    ::_exit(0);
  }
  while (!has_library(program.pid(), "libguest_library.so")) {
  }
  ::kill(injector, SIGKILL);
  int status = 0;
  ::waitpid(injector, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(Injector, ThatIsKilledLeavesAThreadThatComesHome) {
  Hosted program({HOSTED, "compute"});
  ASSERT_TRUE(program.says("ready"));
  be_killed_meanwhile(program);
  // It is away for another third of a second, and waits for two to be called back.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  while (std::chrono::steady_clock::now() < end && !program.tree().wait(milliseconds(100))) {
  }
  EXPECT_EQ(program.output(), "ready\n");
  EXPECT_EQ(process_status(program.pid())->state, 'R');
  EXPECT_EQ(send_errand(program.pid(), slow()).result, 42);
}

TEST(Injector, ThatIsKilledLeavesAThreadThatWaits) {
  Hosted program({HOSTED, "threads"});
  ASSERT_TRUE(program.says("waiting"));
  be_killed_meanwhile(program);
  EXPECT_EQ(send_errand(program.pid(), slow(), {.seek = milliseconds(8000)}).result, 42);
  EXPECT_EQ(program.output(), "ready\nwaiting\n");
}

}  // namespace
}  // namespace tidemark
