#include "tools/pressure/files/file_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "lib/base/error.h"
#include "lib/process/command.h"
#include "tests/lib/process/actor.h"
#include "tests/tools/pressure/files/watching_service.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Gt;
using ::testing::HasSubstr;
using Kind = load::FileClients::Kind;

// File clients that work for a while in a directory of their own.
struct Office {
  explicit Office(Kind kind, load::FileClients more = {}) {
    tally.begin_stage(0);
    more.directory = (scratch.path / "work").string();
    more.kind = kind;
    if (more.every.high.count() == 0) {
      more.every = {.low = std::chrono::milliseconds(1), .high = std::chrono::milliseconds(10)};
    }
    clients = std::make_unique<FileClients>(
        BesideSetup{.loop = &loop,
                    .tally = &tally,
                    .scenario = &scenario,
                    .name = "edit",
                    .directory = scratch.path.string(),
                    .custodian = &custodian,
                    .gauge = [this](std::string_view name,
                                    double value) { gauged[std::string(name)].push_back(value); }},
        more);
  }
  ~Office() { clients.reset(); }

  void work_until(const std::function<bool()>& enough) {
    const Time start = clock_now();
    std::function<void()> look = [&] {
      if (clock_now() - looked > 200 * kMillisecond) ++held_up;
      looked = clock_now();
      if (enough() || clock_now() - start > 20 * kSecond) return loop.stop();
      loop.at(loop.now() + 5 * kMillisecond, look);
    };
    looked = clock_now();
    clients->start();
    look();
    loop.run();
    clients->stop();
  }

  std::int64_t done(const std::string& label) {
    return tally.total(tally.label("edit." + label)).response.count();
  }
  std::int64_t failed(const std::string& label) {
    return tally.total(tally.label("edit." + label)).failed();
  }

  Scratch scratch;
  load::Scenario scenario;
  Custodian custodian;
  Loop loop;
  Tally tally;
  std::map<std::string, std::vector<double>> gauged;
  std::unique_ptr<FileClients> clients;
  Time looked = 0;
  int held_up = 0;  // how often the loop could not do anything else for long
};

TEST(FileClients, CodingSavesFiles) {
  Office office(Kind::kCoding);
  office.work_until([&] { return office.done("write") > 60; });
  EXPECT_THAT(office.done("write"), Gt(60));
  EXPECT_EQ(office.failed("write"), 0);
  EXPECT_TRUE(fs::exists(fs::path(office.clients->directory()) / "client1/file19.txt") ||
              fs::exists(fs::path(office.clients->directory()) / "client1"));
}

TEST(FileClients, RefactoringMakesRenamesAndRemovesEverything) {
  Office office(Kind::kRefactor);
  office.work_until([&] { return office.done("remove") >= 211; });
  for (const char* label : {"make", "change", "rename", "move", "remove", "large"}) {
    EXPECT_THAT(office.done(label), Gt(9)) << label;
    EXPECT_EQ(office.failed(label), 0) << label;
  }
}

TEST(FileClients, ManyOfThemWorkAtOnceAndTheLoopIsNotHeldUp) {
  Office office(Kind::kRefactor, {.clients = 4});
  office.work_until([&] { return office.done("remove") >= 4 * 211; });
  EXPECT_EQ(office.failed("remove"), 0);
  EXPECT_LE(office.held_up, 2);
}

TEST(FileClients, GitMergesAndCommitsFiftyFiles) {
  Office office(Kind::kGit);
  office.work_until([&] { return office.done("merge") >= 2; });
  EXPECT_THAT(office.clients->notes(), ::testing::IsEmpty());
  const std::string repository = office.clients->directory() + "/client1";
  const std::string log =
      run_to_end({.arguments = {"git", "-C", repository, "log", "--all", "--shortstat"}},
                 std::chrono::seconds(10))
          .output;
  EXPECT_THAT(log, HasSubstr("50 files changed"));
  EXPECT_THAT(log, HasSubstr("Merge:"));
  EXPECT_THAT(office.done("switch"), Gt(2));
  EXPECT_LE(office.held_up, 2);
}

TEST(FileClients, GitHearsNothingOfTheUsersSettings) {
  ::setenv("GIT_DIR", "/nowhere", 1);
  Office office(Kind::kGit);
  office.work_until([&] { return office.done("commit") >= 1 || !office.clients->notes().empty(); });
  ::unsetenv("GIT_DIR");
  EXPECT_THAT(office.clients->notes(), ::testing::IsEmpty());
}

TEST(FileClients, NothingIsLeftAfterwards) {
  Office office(Kind::kGit);
  office.work_until([&] { return office.done("write") > 10; });
  office.clients.reset();
  EXPECT_FALSE(fs::exists(office.scratch.path / "work"));
}

TEST(Probe, MeasuresWhenAServiceShowsAChange) {
  const WatchingService service;
  Office office(Kind::kCoding);
  office.clients.reset();
  office.scenario = service.scenario();
  const load::FileClients plan{
      .directory = service.directory(),
      .every = {.low = std::chrono::milliseconds(1), .high = std::chrono::milliseconds(2)},
      .visible = "search has ${marker}",
      .queue = "/watches#queue_depth"};
  FileClients clients(
      {.loop = &office.loop,
       .tally = &office.tally,
       .scenario = &office.scenario,
       .name = "edit",
       .custodian = &office.custodian,
       .gauge = [&](std::string_view name,
                    double value) { office.gauged[std::string(name)].push_back(value); }},
      plan);
  clients.prove({});
  clients.start();
  std::function<void()> look = [&] {
    if (office.done("visible") >= 5) return office.loop.stop();
    office.loop.at(office.loop.now() + 10 * kMillisecond, look);
  };
  look();
  office.loop.run();
  EXPECT_EQ(office.failed("visible"), 0);
  EXPECT_LT(office.tally.total(office.tally.label("edit.visible")).response.max(), 5 * kSecond);
  EXPECT_THAT(office.gauged["edit.queue"], Contains(::testing::Ge(0)));
}

std::string refusal(const load::Scenario& scenario, const load::FileClients& plan) {
  Loop loop;
  Tally tally;
  Custodian custodian;
  try {
    FileClients clients({.loop = &loop,
                         .tally = &tally,
                         .scenario = &scenario,
                         .name = "edit",
                         .custodian = &custodian},
                        plan);
    clients.prove({}, std::chrono::milliseconds(500));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Probe, OneThatAlwaysSaysYesIsRefused) {
  const Scratch scratch;
  EXPECT_THAT(
      refusal({}, {.directory = scratch.path / "work", .visible = "command: true ${marker}"}),
      HasSubstr("a marker that was never written shows"));
}

TEST(Probe, OneThatNeverSaysYesIsRefused) {
  const WatchingService service;
  load::Scenario scenario = service.scenario();
  scenario.personas[0].mix[0].action =
      load::HttpRequest{.path = load::Template("/health?q=${marker}", "test", {})};
  EXPECT_THAT(
      refusal(scenario, {.directory = service.directory(), .visible = "search has ${marker}"}),
      HasSubstr("did not show within 0.5 s (status 200)"));
}

TEST(Probe, ACommandFindsWhatWasWritten) {
  const Scratch scratch;
  const std::string work = scratch.path / "work";
  EXPECT_EQ(refusal({}, {.directory = work, .visible = "command: grep -rqF ${marker} " + work}),
            "");
}

TEST(Probe, ARequestThatIsNotInTheMixIsNamed) {
  const Scratch scratch;
  EXPECT_THAT(refusal({}, {.directory = scratch.path / "work", .visible = "find has ${marker}"}),
              "beside.edit.visible: no request of the mix is called 'find'");
}

TEST(Probe, ACommandWithoutAMarkerIsRefused) {
  const Scratch scratch;
  EXPECT_THAT(refusal({}, {.directory = scratch.path / "work", .visible = "command: true"}),
              HasSubstr("no ${marker}"));
}

TEST(Probe, AQueueThatCannotBeReadIsRefused) {
  const WatchingService service;
  EXPECT_THAT(refusal(service.scenario(),
                      {.directory = service.directory(), .queue = "/watches#/no_such_thing"}),
              HasSubstr("no number at '/no_such_thing'"));
}

}  // namespace
}  // namespace tidemark::pressure
