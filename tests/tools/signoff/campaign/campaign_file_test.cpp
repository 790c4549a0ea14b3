#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/signoff/campaign/campaign_text.h"

namespace tidemark::signoff {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string kEverything = R"(
name = "release"
title = "Release"
confidence = 0.99
history = "state/history.db"
[target.redis]
command = "redis-server --port {port} --save ''"
ready = "tcp:{port}"
url = "redis://127.0.0.1:{port}"
flavour = "release"
env = { LC_ALL = "C" }
load = { normal = "redis/normal.toml", bench = "redis-benchmark -p {port} -n 1000" }
[target.service]
command = ["{bin}/service", "--port", "{port}"]
[[phase]]
name = "health"
title = "Preflight"
tool = "command"
args = ["/bin/true"]
[[phase]]
name = "memory"
after = ["health"]
needs = ["health"]
targets = ["re*"]
parallel = true
cpus = 2
weight = 3
requires = { programs = ["valgrind"], memory = "1GiB", disk = "2GiB" }
[[phase.run]]
name = "leaks"
tool = "memprof"
args = ["run", "--with", "memcheck", "--for", "{time 1h}", "--ready", "{ready}", "--", "{command}"]
repeat = 2
retries = 1
timeout = "2h"
verdict = false
[[phase.run]]
tool = "pressure"
args = ["run", "{load.normal}", "{rehearse}"]
targets = ["redis"]
[score]
ready = 90
nearly = 70
hard_cap = 30
[alert]
webhook = "http://127.0.0.1:9/hook"
command = ["logger -t signoff"]
on = ["failed", "recovered"]
)";

TEST(CampaignFile, ReadsTargets) {
  const Campaign campaign = campaign_from(kEverything);
  EXPECT_EQ(campaign.name, "release");
  EXPECT_EQ(campaign.confidence, 0.99);
  ASSERT_EQ(campaign.targets.size(), 2U);
  const TargetPlan& redis = campaign.targets[0];
  EXPECT_THAT(redis.command, ElementsAre("redis-server", "--port", "{port}", "--save", ""));
  EXPECT_EQ(redis.ready, "tcp:{port}");
  EXPECT_EQ(redis.flavour, "release");
  EXPECT_THAT(redis.environment, ElementsAre(Pair("LC_ALL", "C")));
  EXPECT_EQ(redis.load.at("bench"), "redis-benchmark -p {port} -n 1000");
  EXPECT_EQ(*campaign.history, campaign.file.parent_path() / "state/history.db");
}

TEST(CampaignFile, ReadsPhases) {
  const Campaign campaign = campaign_from(kEverything);
  ASSERT_EQ(campaign.phases.size(), 2U);
  const PhasePlan& memory = campaign.phases[1];
  EXPECT_THAT(memory.after, ElementsAre("health"));
  EXPECT_THAT(memory.needs, ElementsAre("health"));
  EXPECT_TRUE(memory.parallel);
  EXPECT_EQ(memory.cpus, 2);
  EXPECT_EQ(memory.weight, 3);
  EXPECT_THAT(memory.programs, ElementsAre("valgrind"));
  EXPECT_EQ(memory.memory_bytes, std::int64_t{1} << 30);
  EXPECT_EQ(memory.disk_bytes, std::int64_t{2} << 30);
  EXPECT_THAT(memory.place, HasSubstr("c.toml:20:1"));
}

TEST(CampaignFile, ReadsRuns) {
  const std::vector<RunPlan> runs = campaign_from(kEverything).phases[1].runs;
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].name, "leaks");
  EXPECT_EQ(runs[0].tool, "memprof");
  EXPECT_EQ(runs[0].repeat, 2);
  EXPECT_EQ(runs[0].retries, 1);
  EXPECT_EQ(runs[0].timeout, 2h);
  EXPECT_FALSE(runs[0].verdict);
  EXPECT_EQ(runs[1].name, "pressure");
  EXPECT_THAT(runs[1].targets, ElementsAre("redis"));
}

TEST(CampaignFile, TakesAToolInThePhaseItselfAsItsOneRun) {
  const std::vector<RunPlan> runs =
      campaign_from(kHead + phase("a", "repeat = 3\n")).phases[0].runs;
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "command");
  EXPECT_EQ(runs[0].repeat, 3);
}

TEST(CampaignFile, ReadsWhatIsMadeOfIt) {
  const Campaign campaign = campaign_from(kEverything);
  EXPECT_EQ(campaign.ready_band, 90);
  EXPECT_EQ(campaign.nearly_band, 70);
  EXPECT_EQ(campaign.hard_cap, 30);
  EXPECT_THAT(campaign.alert.commands, ElementsAre("logger -t signoff"));
  EXPECT_THAT(campaign.alert.on, ElementsAre("failed", "recovered"));
}

TEST(CampaignFile, ReadsRulesOfItsOwnAndOfBudgetFiles) {
  const Scratch scratch;
  write_file(scratch.path / "b.toml", "[[rule]]\nlimit = 'rss.peak < 1GiB'\n");
  write_file(scratch.path / "c.toml", "budgets = ['b.toml']\n" + kHead + phase("a") +
                                          "[budget.a]\nlimits = ['errors < 1%']\n");
  const Campaign campaign = read_campaign(scratch.path / "c.toml");
  ASSERT_EQ(campaign.rules.size(), 2U);
  EXPECT_EQ(campaign.rules[0].text, "rss.peak < 1GiB");
  EXPECT_THAT(campaign.rules[1].phases, ElementsAre("a"));
}

TEST(CampaignFile, ComesBackFromItsCopyWithPathsAsTheyWere) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path / "copy");
  write_file(scratch.path / "b.toml", "[[rule]]\nlimit = 'rss.peak < 1GiB'\n");
  write_file(scratch.path / "c.toml", "budgets = ['b.toml']\n" + kHead + phase("a"));
  const Campaign campaign = read_campaign(scratch.path / "c.toml");
  copy_campaign(campaign, scratch.path / "copy");
  std::filesystem::remove(scratch.path / "b.toml");
  std::filesystem::remove(scratch.path / "c.toml");
  const Campaign copy = read_campaign_copy(scratch.path / "copy", campaign.file);
  EXPECT_EQ(copy.file, campaign.file);
  EXPECT_EQ(copy.rules.size(), 1U);
  EXPECT_EQ(copy.phases.size(), 1U);
}

TEST(CampaignFile, WhatASharedBudgetIsNotForIsAWarning) {
  const Scratch scratch;
  write_file(scratch.path / "b.toml",
             "[budget.nigth]\nlimits = ['errors < 1%']\n[budget.'x*']\nlimits = ['errors < 2%']\n"
             "[[rule]]\nlimit = 'races == 0'\ntarget = 'other'\n");
  write_file(scratch.path / "c.toml", "budgets = ['b.toml']\n" + kHead + phase("night"));
  const Campaign campaign = read_campaign(scratch.path / "c.toml");
  EXPECT_EQ(campaign.rules.size(), 3U);
  EXPECT_THAT(
      campaign.warnings,
      ElementsAre(testing::EndsWith(
                      "b.toml:2:11: it does not count here: unknown phase 'nigth'; did you mean "
                      "night?"),
                  testing::EndsWith(
                      "b.toml:6:9: it does not count here: unknown target 'other'; there is app")));
}

TEST(CampaignFile, EachPrefixIsReadOrRefused) {
  for (std::size_t length = 0; length < kEverything.size(); length += 3) {
    const std::string error = error_from(kEverything.substr(0, length));
    EXPECT_TRUE(error.starts_with("c.toml:") || error == "no error") << error;
  }
}

struct Mistake {
  std::string text;
  std::string error;
};

class CampaignMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(CampaignMistakes, HaveAPlaceAndARemedy) {
  EXPECT_EQ(error_from(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, CampaignMistakes,
    testing::Values(
        Mistake{"nmae = 'x'\n", "c.toml:1:1: unknown key 'nmae'\ndid you mean name?"},
        Mistake{"name = 'x'\n[target]\n",
                "c.toml:2:2: target: expected at least one: [target.NAME]"},
        Mistake{kHead, "c.toml:1:1: expected 'phase'"},
        Mistake{kHead + phase("a") + phase("a"),
                "c.toml:11:8: phase[1].name: there are two phases a"},
        Mistake{kHead + phase("a", "after = ['other']\n") + phase("bb"),
                "c.toml:10:10: phase[0].after[0]: unknown phase 'other'\nthere are a, bb"},
        Mistake{kHead + phase("a", "needs = ['b']\n") + phase("b"),
                "c.toml:10:10: phase[0].needs[0]: b comes later in the file\n"
                "phases run in the order of the file: move it before this one"},
        Mistake{kHead + phase("a", "needs = ['b']\n") + phase("b", "after = ['a']\n"),
                "c.toml:10:10: phase[0].needs[0]: a and b wait for each other"},
        Mistake{kHead + phase("a", "after = ['a']\n"),
                "c.toml:10:10: phase[0].after[0]: it cannot wait for itself"},
        Mistake{kHead + phase("a", "targets = ['ap']\n"),
                "c.toml:10:12: phase[0].targets[0]: unknown target 'ap'\ndid you mean app?"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'memprf'\nargs = ['run']\n",
                "c.toml:8:8: phase[0].tool: unknown word 'memprf'\ndid you mean memprof?"},
        Mistake{kHead + "[[phase]]\nname = 'a'\n",
                "c.toml:6:1: phase[0]: expected 'tool', or runs: [[phase.run]]"},
        Mistake{kHead + phase("a", "timeout = '0s'\n"),
                "c.toml:10:11: phase[0].timeout: expected a time of more than nothing and at most "
                "31 days"},
        Mistake{
            kHead + phase("a") + "[[phase.run]]\ntool = 'command'\nargs = ['x']\n",
            "c.toml:8:1: phase[0].tool: there is [[phase.run]] too\ngive the tool in each of the "
            "runs"},
        Mistake{kHead + "[[phase]]\nname = 'a'\n[[phase.run]]\ntool = 'command'\nargs = ['x']\n"
                        "[[phase.run]]\ntool = 'command'\nargs = ['x']\n",
                "c.toml:11:1: phase[0].run[1]: there are two runs command\ngive each a name"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['x', '{comand}']\n",
                "c.toml:9:14: phase[0].args[1]: unknown placeholder '{comand}'\ndid you mean "
                "{command}?"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['x', '{load.normel}']\n",
                "c.toml:9:14: phase[0].args[1]: unknown load of the target app: 'normel'\ndid you "
                "mean normal?"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['x', '{url}']\n",
                "c.toml:9:14: phase[0].args[1]: the target app has no 'url'\nor say with `targets` "
                "which ones this is for"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['x', '-{command}']\n",
                "c.toml:9:14: phase[0].args[1]: {command} becomes arguments of its own, so it must "
                "stand alone"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'command'\nargs = ['{time soon}']\n",
                "c.toml:9:9: phase[0].args[0]: expected {time 24h}, found '{time soon}'"},
        Mistake{kHead + "[[phase]]\nname = 'a'\ntool = 'pressure'\nargs = ['run', '-o', 'x']\n",
                "c.toml:9:16: phase[0].args[1]: signoff says where a run writes\nleave it out, or "
                "name it {dir}"},
        Mistake{kHead + phase("a") + "[score]\nready = 50\n",
                "c.toml:10:2: score: 'nearly' is above 'ready'"},
        Mistake{kHead + phase("abc") + "[budget.abd]\nlimits = ['errors < 1%']\n",
                "c.toml:11:11: unknown phase 'abd'\ndid you mean abc?"},
        Mistake{kHead + phase("a") + "[[rule]]\nlimit = 'errors < 1%'\ntarget = 'apq'\n",
                "c.toml:11:9: unknown target 'apq'\ndid you mean app?"},
        Mistake{kHead + phase("a") + "[budget.'ap/a']\nlimits = ['errors < 1%']\n",
                "c.toml:11:11: unknown target 'ap'\ndid you mean app?"},
        Mistake{kHead + phase("a") + "[[rule]]\nlimit = 'errors < 1%'\ntarget = 'redis'\n",
                "c.toml:11:9: unknown target 'redis'\nthere is app"},
        Mistake{kHead + phase("a") + "[[rule]]\nlimit = 'errors < 1%'\nphase = 'apb/a'\n",
                "c.toml:11:9: unknown target 'apb'\ndid you mean app?"},
        Mistake{"budgets = ['none.toml']\n" + kHead + phase("a"),
                "c.toml:1:12: budgets[0]: none.toml: No such file or directory"}),
    [](const auto& mistake) { return "Number" + std::to_string(mistake.index); });

}  // namespace
}  // namespace tidemark::signoff
