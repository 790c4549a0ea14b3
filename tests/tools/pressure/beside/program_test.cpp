#include "tools/pressure/beside/program.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tidemark::pressure {
namespace {

using load::Failure;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Place {
  Loop loop;
  Tally tally;
  load::Scenario scenario;
  std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("program_test." + std::to_string(getpid()));

  Place() { std::filesystem::create_directories(directory); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { std::filesystem::remove_all(directory); }

  BesideSetup setup() {
    return {.loop = &loop,
            .tally = &tally,
            .scenario = &scenario,
            .name = "script",
            .directory = directory.string(),
            .seed = 7};
  }
  static load::Program script(const std::string& text, bool repeat = false) {
    return {.command = {"sh", "-c", text}, .repeat = repeat};
  }
  Counts counts() { return tally.total(tally.label("script")); }
  std::string text(const std::string& name) {
    return std::string(read_file(directory / name).bytes());
  }
  std::int64_t failed(Failure kind) { return counts().failures.at(static_cast<std::size_t>(kind)); }
  // Runs the loop until `done`, at most 10 s.
  void run_until(const std::function<bool()>& done) {
    const Time limit = loop.refresh() + 10 * kSecond;
    const std::function<void()> look = [&] {
      if (done() || loop.now() > limit) return loop.stop();
      loop.at(loop.now() + 5 * kMillisecond, look);
    };
    loop.at(loop.now(), look);  // a stop before run() would be forgotten
    loop.run();
    ASSERT_TRUE(done()) << "not within 10 s";
  }
};

TEST(Program, CountsARoundAndKeepsItsOutput) {
  Place place;
  ProgramClient client(place.setup(), Place::script("echo seed $PRESSURE_SEED; echo oh >&2"));
  client.start();
  place.run_until([&] { return place.counts().done == 1; });
  EXPECT_EQ(place.text("script.stdout"), "seed 7\n");
  EXPECT_EQ(place.text("script.stderr"), "oh\n");
  EXPECT_THAT(client.warnings(), IsEmpty());
}

TEST(Program, CountsAnExitCodeThatIsNotZeroAndWarns) {
  Place place;
  ProgramClient client(place.setup(), Place::script("exit 3"));
  client.start();
  place.run_until([&] { return place.failed(Failure::kStatus) == 1; });
  EXPECT_THAT(client.warnings(), ElementsAre(HasSubstr("script: exit code 3 (sh -c exit 3)")));
}

TEST(Program, CountsASignal) {
  Place place;
  ProgramClient client(place.setup(), Place::script("kill -SEGV $$"));
  client.start();
  place.run_until([&] { return place.failed(Failure::kStatus) == 1; });
  EXPECT_THAT(client.warnings(), ElementsAre(HasSubstr("ended by signal 11")));
}

TEST(Program, IsRepeatedAndKeepsWhatTheFirstFailuresWrote) {
  Place place;
  ProgramClient client(place.setup(), Place::script("echo no; exit 1", true));
  client.start();
  place.run_until([&] { return place.failed(Failure::kStatus) >= 3; });
  EXPECT_EQ(place.text("script.failed-2.stdout"), "no\n");
  EXPECT_EQ(client.warnings().size(), 1);
}

TEST(Program, EndsWithTheRunAndThatIsNoFailure) {
  Place place;
  pid_t child = 0;
  {
    ProgramClient client(place.setup(), Place::script("echo $$; while :; do sleep 1; done", true));
    client.start();
    place.run_until([&] { return place.text("script.stdout").ends_with('\n'); });
    child = std::stoi(place.text("script.stdout"));
    EXPECT_EQ(kill(child, 0), 0);
    client.stop();
  }
  EXPECT_EQ(kill(child, 0), -1);
  EXPECT_EQ(place.counts().failed(), 0);
}

TEST(Program, IsKilledWhenItDoesNotEnd) {
  Place place;
  pid_t child = 0;
  {
    ProgramClient client(place.setup(),
                         Place::script("trap '' TERM; echo $$; while :; do sleep 1; done"));
    client.start();
    place.run_until([&] { return place.text("script.stdout").ends_with('\n'); });
    child = std::stoi(place.text("script.stdout"));
    client.stop();
  }
  EXPECT_EQ(kill(child, 0), -1);
}

TEST(Program, ThatIsNotThereIsNamedBeforeTheRun) {
  Place place;
  try {
    const ProgramClient client(place.setup(), {.command = {"no-such-program-at-all"}});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "script: no-such-program-at-all: no such program in PATH");
  }
}

}  // namespace
}  // namespace tidemark::pressure
