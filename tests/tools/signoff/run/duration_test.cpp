#include "tools/signoff/run/duration.h"

#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tools/signoff/run/progress.h"
#include "tools/signoff/run/standing.h"

namespace tidemark::signoff {
namespace {

using namespace std::chrono_literals;

Duration start_value_of(std::vector<std::string> args, double scale) {
  const Scratch scratch;
  write_file(scratch.path / "s.toml",
             "[load]\nstages = [{ rate = 1, hold = '40m' }]\n[mix]\na = { get = '/' }\n");
  const TargetPlan target{.name = "app", .load = {{"s", "s.toml"}}};
  const RunPlan run{.name = "r", .tool = "pressure", .args = std::move(args)};
  const Campaign campaign{.file = scratch.path / "c.toml"};
  return start_value({.target = &target}, run, campaign, scale);
}

TEST(RunDuration, IsWhatTheArgumentsSayAndTenSecondsAtFirst) {
  EXPECT_EQ(start_value_of({"run"}, 0.1), 10s);
  EXPECT_EQ(start_value_of({"watch", "--for", "{time 1h}"}, 0.1), 6min + 10s);
  EXPECT_EQ(start_value_of({"run", "--for", "5s", "{load.s}", "{rehearse}"}, 0.1), 15s);
}

TEST(RunDuration, IsThatOfTheScenarioWhichScalesWhereItRehearses) {
  EXPECT_EQ(start_value_of({"run", "{load.s}"}, 0.1), 40min + 10s);
  EXPECT_EQ(start_value_of({"run", "{load.s}", "{rehearse}"}, 0.1), 4min + 10s);
  EXPECT_EQ(start_value_of({"run", "{load.s}", "--rehearse", "0.05"}, 1), 2min + 10s);
}

TEST(TimeLimit, IsGivenThenFromHistoryThenTheDefault) {
  const Expectation known{.usual = 1min, .longest = 2min};
  EXPECT_EQ(time_limit({.timeout = 1h}, known, 10s, 1), 1h);
  EXPECT_EQ(time_limit({}, known, 10s, 1), 7min);
  EXPECT_EQ(time_limit({}, known, 5min, 1), 11min) << "what the file says now must fit";
  EXPECT_EQ(time_limit({}, {}, 10s, 1), 30min);
  EXPECT_EQ(time_limit({}, {}, 10min, 1), 100min);
}

TEST(TimeLimit, ThatIsGivenScalesToTwoMinutesAtLeast) {
  EXPECT_EQ(time_limit({.timeout = 10h}, {}, 10s, 0.1), 1h);
  EXPECT_EQ(time_limit({.timeout = 10h}, {}, 10s, 0.001), 2min);
  EXPECT_EQ(time_limit({.timeout = 30s}, {}, 10s, 0.001), 30s);
}

TEST(Standing, CountsWhatIsExpectedOfEachRun) {
  const Campaign campaign{.targets = {{.name = "app"}},
                          .phases = {{.name = "a", .runs = {{.name = "r", .repeat = 3}}},
                                     {.name = "b", .runs = {{.name = "r"}}}}};
  const Plan plan = plan_of(campaign, {});
  SignoffResult result{.phases = phases_of(plan)};
  const Times times(plan, campaign, 1, [](const std::string& phase) {
    return Expectation{.usual = phase == "a" ? 30s : 10s, .longest = 40s};
  });
  result.phases[0].runs = {{.name = "r", .ended_ms = 1}};
  Standing now;
  times.fill(result, 5s, now);
  EXPECT_DOUBLE_EQ(now.share, 15.0 / 40);
  EXPECT_EQ(now.left, 25s);
  EXPECT_EQ(times.expected_ms(0), 30000);
}

TEST(Standing, SharesThePhasesHistoryAmongItsRuns) {
  const Campaign campaign{
      .targets = {{.name = "app"}},
      .phases = {{.name = "a",
                  .runs = {{.name = "short", .tool = "command", .args = {"x"}, .repeat = 2},
                           {.name = "long", .tool = "command", .args = {"x", "--for", "30s"}}}}}};
  const Plan plan = plan_of(campaign, {});
  const Times times(plan, campaign, 1,
                    [](const std::string&) { return Expectation{.usual = 2min, .longest = 4min}; });
  const std::vector<RunPlan>& runs = campaign.phases[0].runs;
  EXPECT_EQ(times.of(0, runs[0]), 20s);  // its start value is 10 s, that of the other 40 s
  EXPECT_EQ(times.of(0, runs[1]), 80s);
  EXPECT_EQ(times.expected_ms(0), 120'000);
  EXPECT_EQ(times.limit(0, runs[0]), 13min) << "none takes longer than all";
  EXPECT_TRUE(times.from_history(0, runs[1]));
}

TEST(Standing, IsALine) {
  const Standing now{
      .running = {{.phase = "redis/a", .run = "r 2 of 3", .elapsed = 61s, .expected = 90s}},
      .share = 0.5,
      .left = 10min};
  EXPECT_EQ(standing_text(now, {.unicode = false}, 80),
            "[##########----------] 50 %, 10m left  redis/a: r 2 of 3 1m1s of about 1m30s");
}

}  // namespace
}  // namespace tidemark::signoff
