#include "tools/pressure/faults/faults.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "tests/tools/pressure/faults/injection.h"
#include "tests/tools/pressure/faults/servers.h"
#include "tools/pressure/files/file_clients.h"

namespace tidemark::pressure {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Faults on a real server, without a load of their own.
struct Trial {
  explicit Trial(load::Scenario given, const std::vector<std::string>& texts)
      : scenario(std::move(given)) {
    load::Fault fault{.at = milliseconds(20)};
    for (const std::string& text : texts) fault.inject.push_back(injection(text));
    scenario.faults = {fault};
    tally.begin_stage(0);
  }
  // What begins before the target does.
  void prepare() {
    faults.emplace(Faults::Setup{.ground = {.loop = &loop,
                                            .scenario = &scenario,
                                            .custodian = &custodian,
                                            .directory = scratch.path},
                                 .tally = &tally});
  }
  void start() {
    if (!faults) prepare();
    target.emplace(scenario, scratch.path);
    target->start({});
    if (scenario.target) addresses.emplace(Addresses::of(*scenario.target));
    faults->start({.target = &*target,
                   .addresses = addresses ? &*addresses : nullptr,
                   .reset = [this](double share) { reset.push_back(share); }});
  }
  // Runs the loop until `enough`; whether it came to that.
  bool until(const std::function<bool()>& enough, milliseconds limit = std::chrono::seconds(15)) {
    const Time end = loop.refresh() + std::chrono::nanoseconds(limit).count();
    bool came = false;
    std::function<void()> look = [&] {
      came = enough();
      if (came || loop.now() > end) return loop.stop();
      loop.at(loop.refresh() + 2 * kMillisecond, look);
    };
    look();
    if (!came) loop.run();
    return came;
  }
  bool is_over() {
    const auto results = faults->results();
    return !results.empty() && (results[0].over_ms != 0 || !results[0].trouble.empty());
  }
  std::string trouble() { return faults->results().at(0).trouble; }

  Scratch scratch;
  load::Scenario scenario;
  Custodian custodian;
  Loop loop;
  Tally tally;
  std::optional<Faults> faults;
  std::optional<TargetProcess> target;
  std::optional<Addresses> addresses;
  std::vector<double> reset;
};

TEST(Faults, APauseRaisesLatencyAndIsOverWhenItIsSaidToBe) {
  Trial trial(redis_to_launch(free_port()), {"pause 400ms"});
  trial.start();
  const pid_t redis = trial.target->processes().at(0).pid;
  const Pinger pinger(trial.scenario.target->port);
  EXPECT_TRUE(trial.until([&] { return process_status(redis).value().state == 'T'; }));
  EXPECT_THAT(trial.faults->under_way(), ::testing::ElementsAre("pause 400ms"));
  EXPECT_TRUE(trial.until([&] { return trial.is_over(); }));
  EXPECT_TRUE(trial.until([&] { return pinger.slowest_ms() > 0; }));
  EXPECT_TRUE(trial.until([&] { return pinger.slowest_ms() >= 350; }));
  EXPECT_NE(process_status(redis).value().state, 'T');
  EXPECT_FALSE(trial.target->died());
  EXPECT_THAT(trial.faults->results().at(0).memory_before, Gt(1'000'000));
}

TEST(Faults, KillRestartIsAnotherProcessThatAnswers) {
  Trial trial(redis_to_launch(free_port()), {"kill restart"});
  trial.start();
  const pid_t before = trial.target->processes().at(0).pid;
  EXPECT_TRUE(trial.until([&] { return trial.is_over(); }));
  EXPECT_TRUE(trial.until([&] { return trial.target->is_ready(); }));
  EXPECT_NE(trial.target->processes().at(0).pid, before);
  EXPECT_FALSE(process_status(before));
  EXPECT_FALSE(trial.target->died());
}

TEST(Faults, AFloodOfConnectionsIsThereAndGoes) {
  Trial trial(redis_to_launch(free_port()), {"connections 2000 20s"});
  trial.start();
  const std::uint16_t port = trial.scenario.target->port;
  EXPECT_TRUE(trial.until([&] { return connections_to(port).size() >= 2000; }));
  trial.faults->stop();
  EXPECT_EQ(trial.trouble(), "");
  EXPECT_TRUE(trial.until([&] { return connections_to(port).empty(); }));
}

TEST(Faults, HalfOpenConnectionsHoldNginxsWorkers) {
  const Nginx nginx;
  Trial trial(nginx.scenario(), {"half-open 100 20s"});
  trial.start();
  EXPECT_TRUE(trial.until([&] { return nginx.reading() >= 100; }));
  trial.faults->stop();
  EXPECT_TRUE(trial.until([&] { return nginx.reading() <= 1; }));
}

TEST(Faults, SlowReadersLeaveAnswersInTheServersBuffers) {
  const Nginx nginx;
  Trial trial(nginx.scenario(), {"slow-readers 20 20s"});
  trial.start();
  const auto stuck = [&] {
    std::size_t count = 0;
    for (const Connection& one : connections_to(nginx.port())) count += one.unsent > 0 ? 1 : 0;
    return count;
  };
  EXPECT_TRUE(trial.until([&] { return stuck() >= 20; }));
  trial.faults->stop();
  EXPECT_TRUE(trial.until([&] { return connections_to(nginx.port()).empty(); }));
}

TEST(Faults, AResetIsTheDrivers) {
  Trial trial(redis_to_launch(free_port()), {"reset 5%"});
  trial.scenario.personas.push_back({.mix = {{.name = "get"}}});
  trial.start();
  EXPECT_TRUE(trial.until([&] { return trial.is_over(); }));
  EXPECT_THAT(trial.reset, ::testing::ElementsAre(0.05));
}

TEST(Faults, MemoryIsUsedInAGroupOfItsOwnWithALimit) {
  Trial trial({}, {"memory 128MiB 20s"});
  trial.start();
  EXPECT_TRUE(trial.until([&] { return memory_of_groups() >= std::int64_t{128} << 20; }));
  EXPECT_THAT(limits_of_groups(), Each(::testing::Le(std::int64_t{256} << 20)));
  trial.faults->stop();
  EXPECT_EQ(trial.trouble(), "");
  EXPECT_THAT(groups(), IsEmpty());
}

TEST(Faults, CpuIsUsedUpToTheShare) {
  Trial trial({}, {"cpu 25% 1500ms"});
  trial.start();
  std::int64_t used = 0;
  trial.until([&] {
    for (const ProcessStatus& process : in_groups()) used = std::max(used, process.cpu_ms);
    return trial.is_over();
  });
  const auto all = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_GT(used, 50);
  EXPECT_LT(static_cast<double>(used), 1500 * all * 0.25 * 1.5);
  EXPECT_EQ(trial.trouble(), "");
  EXPECT_THAT(groups(), IsEmpty());
}

TEST(Faults, DescriptorsAreOpened) {
  Trial trial({}, {"fds 2000 20s"});
  trial.start();
  std::int64_t most = 0;
  trial.until([&] {
    for (const ProcessStatus& process : in_groups()) {
      most = std::max(most, open_files(process.pid).value_or(0));
    }
    return most > 500 || trial.is_over();
  });
  EXPECT_GT(most, 500);
  trial.faults->stop();
  EXPECT_EQ(trial.trouble(), "");
}

TEST(Faults, TheDiskIsWrittenInADirectoryThatGoes) {
  Trial trial({}, {"disk 20s"});
  trial.start();
  const auto written = [&] {
    for (const auto& entry : fs::directory_iterator(trial.scratch.path)) {
      if (entry.path().filename().string().starts_with("stress-") && entry.is_directory()) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(trial.until(written));
  trial.faults->stop();
  EXPECT_EQ(trial.trouble(), "");
  EXPECT_FALSE(written());
}

TEST(Faults, AFullDiskMakesFileClientsFailAndThenTheyWorkAgain) {
  Trial trial({}, {"disk-full 4MiB 20s"});
  const fs::path work = trial.scratch.path / "work";
  const load::FileClients plan{.directory = work.string(),
                               .every = {.low = milliseconds(1), .high = milliseconds(3)}};
  trial.scenario.beside = {{.name = "edit", .what = plan}};
  trial.prepare();
  FileClients clients({.loop = &trial.loop,
                       .tally = &trial.tally,
                       .scenario = &trial.scenario,
                       .name = "edit",
                       .custodian = &trial.custodian},
                      plan);
  trial.start();
  clients.start();
  const LabelId label = trial.tally.label("edit.write");
  EXPECT_TRUE(trial.until([&] { return trial.tally.total(label).failed() > 3; }));
  EXPECT_THAT(clients.notes(), Contains(HasSubstr("No space left on device")));
  trial.faults->stop();
  const std::int64_t done = trial.tally.total(label).response.count();
  const std::int64_t failed = trial.tally.total(label).failed();
  EXPECT_TRUE(trial.until([&] { return trial.tally.total(label).response.count() > done + 20; }));
  EXPECT_LE(trial.tally.total(label).failed(), failed + 1);
}

TEST(Faults, WhatIsMountedGoesWithThem) {
  const Scratch scratch;
  {
    Trial trial({}, {"disk-full " + (scratch.path / "data").string() + " 5s"});
    trial.prepare();
    EXPECT_TRUE(is_mounted(scratch.path / "data"));
  }
  EXPECT_FALSE(is_mounted(scratch.path / "data"));
  EXPECT_FALSE(fs::exists(scratch.path / "data"));
}

TEST(Faults, ComeOneAfterTheOther) {
  Trial trial(redis_to_launch(free_port()), {"pause 50ms", "kill restart"});
  trial.scenario.personas.push_back({.mix = {{.name = "get"}}});
  trial.start();
  EXPECT_TRUE(trial.until([&] { return trial.is_over(); }));
  const LabelId get = trial.tally.label("get");
  for (std::int64_t second = 1; second <= 4; ++second) {
    trial.tally.finished(get, {.intended = 0, .sent = 0, .done = 1000}, 1);
    trial.tally.end_second(
        {.at_ms = trial.faults->results()[0].over_ms + 1000 * second, .seconds = 1},
        [&](const Second& about) { trial.faults->second(about, 0); });
    EXPECT_EQ(trial.faults->results().size(), second < 3 ? 1U : 2U);
  }
}

TEST(Faults, ARoundThatIsDueAgainIsNotBegunBeforeTheOneBeforeIsOver) {
  Trial trial(redis_to_launch(free_port()), {"pause 1500ms"});
  trial.scenario.faults[0].every = std::chrono::seconds(1);
  trial.start();
  EXPECT_TRUE(trial.until([&] { return trial.is_over(); }));
  EXPECT_THAT(trial.faults->notes(), Contains(HasSubstr("1 round was left out")));
  EXPECT_TRUE(trial.until([&] { return trial.faults->results().size() == 2; }));
}

TEST(Faults, StoppingTakesBackWhatIsUnderWay) {
  Trial trial(redis_to_launch(free_port()), {"pause 60s"});
  trial.start();
  const pid_t redis = trial.target->processes().at(0).pid;
  EXPECT_TRUE(trial.until([&] { return process_status(redis).value().state == 'T'; }));
  trial.faults->stop();
  EXPECT_TRUE(eventually([&] { return process_status(redis).value().state != 'T'; }));
  EXPECT_TRUE(trial.is_over());
}

// Everything at once, until somebody ends this process; says that it is `ready`.
[[noreturn]] void disturb(const Redis& redis, const fs::path& data, const fs::path& ready) {
  try {
    load::Scenario scenario = redis.scenario();
    scenario.pid = redis.pid();
    Trial trial(scenario, {"pause 60s"});
    for (const std::string& text :
         {std::string("memory 64MiB 60s"), std::string("connections 50 60s"),
          "disk-full " + data.string() + " 60s"}) {
      trial.scenario.faults.push_back({.at = milliseconds(20), .inject = {injection(text)}});
    }
    trial.start();
    trial.until([&] { return memory_of_groups() >= std::int64_t{64} << 20; });
    std::ofstream(ready) << "x";
    trial.until([] { return false; }, std::chrono::seconds(60));
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
  }
  ::_exit(1);
}

// A run in a process of its own that is ended by a signal in the middle of its faults.
class FaultsEnding : public ::testing::TestWithParam<int> {};

TEST_P(FaultsEnding, TakesEverythingBack) {
  const Redis redis;
  const Scratch scratch;
  const fs::path data = scratch.path / "data";
  const fs::path ready = scratch.path / "ready";
  const pid_t child = ::fork();
  if (child == 0) disturb(redis, data, ready);
  ASSERT_TRUE(eventually([&] { return fs::exists(ready); }, std::chrono::seconds(20)));
  EXPECT_EQ(process_status(redis.pid()).value().state, 'T');
  EXPECT_TRUE(is_mounted(data));
  EXPECT_THAT(groups(), Not(IsEmpty()));
  ::kill(child, GetParam());
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return process_status(redis.pid()).value().state != 'T'; }));
  EXPECT_TRUE(eventually([&] { return !is_mounted(data) && !fs::exists(data); }));
  EXPECT_TRUE(eventually([&] { return groups().empty(); }));
  EXPECT_TRUE(eventually([&] { return connections_to(redis.port()).empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Signals, FaultsEnding, ::testing::Values(SIGINT, SIGTERM, SIGKILL));

}  // namespace
}  // namespace tidemark::pressure
