#include "lib/budget/budget_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/said_about.h"

namespace tidemark::budget {
namespace {

using testing::ElementsAre;

Budgets parsed(std::string_view text) {
  return parse_budgets({.name = "budgets.toml", .bytes = text});
}

std::string error_in(std::string_view text) {
  return said_about([&] { check_budgets(parsed(text)); });
}

TEST(BudgetFile, ReadsARuleWithAllThatItSays) {
  const Budgets budgets = parsed(R"([[rule]]
limit = "rss.steady <= baseline + 3%"
name = "steady memory"
phase = ["normal", "so*"]
target = "redis"
flavour = "release"
hard = true
weight = 2.5
owner = "storage team"
why = "it must fit the 1 GiB instances"
)");
  ASSERT_EQ(budgets.rules.size(), 1);
  const Rule& rule = budgets.rules[0];
  EXPECT_EQ(rule.text, "rss.steady <= baseline + 3%");
  EXPECT_EQ(rule.id, "steady memory");
  EXPECT_THAT(rule.phases, ElementsAre("normal", "so*"));
  EXPECT_THAT(rule.targets, ElementsAre("redis"));
  EXPECT_THAT(rule.flavours, ElementsAre("release"));
  EXPECT_TRUE(rule.hard);
  EXPECT_EQ(rule.weight, 2.5);
  EXPECT_EQ(rule.owner, "storage team");
  EXPECT_EQ(rule.why, "it must fit the 1 GiB instances");
  EXPECT_EQ(rule.place, "budgets.toml:2:9");
}

TEST(BudgetFile, ReadsTheShortFormOfAPhase) {
  const Budgets budgets = parsed(R"([budget.normal]
limits = ["p95 < 200ms", "errors < 1%"]
hard = true
[budget."x*"]
limits = ["p95 < 1s"]
)");
  ASSERT_EQ(budgets.rules.size(), 3);
  EXPECT_EQ(budgets.rules[1].id, "normal: errors < 1%");
  EXPECT_TRUE(budgets.rules[1].hard);
  EXPECT_EQ(budgets.rules[1].place, "budgets.toml:2:26");
  EXPECT_THAT(budgets.rules[2].phases, ElementsAre("x*"));
  EXPECT_FALSE(budgets.rules[2].hard);
}

TEST(BudgetFile, ReadsWaivers) {
  const Budgets budgets = parsed(R"([[waiver]]
rule = "normal: p95 < 200ms"
phase = "normal"
owner = "ann"
reason = "until #4711"
expires = 2027-01-31
)");
  ASSERT_EQ(budgets.waivers.size(), 1);
  EXPECT_EQ(budgets.waivers[0].rule, "normal: p95 < 200ms");
  EXPECT_THAT(budgets.waivers[0].phases, ElementsAre("normal"));
  EXPECT_EQ(budgets.waivers[0].owner, "ann");
  EXPECT_EQ(budgets.waivers[0].reason, "until #4711");
  EXPECT_EQ(budgets.waivers[0].expires, "2027-01-31");
}

TEST(BudgetFile, IsReadAsSectionsOfAnother) {
  const TomlNode node = parse_toml(
      {.name = "campaign.toml", .bytes = "title = 'x'\n[[rule]]\nlimit = 'races == 0'\n"});
  const TomlValue file("campaign.toml", node);
  file.only(std::to_array<std::string_view>({"title", "rule"}));
  Budgets budgets;
  add_budgets(file, budgets);
  EXPECT_EQ(budgets.rules.at(0).place, "campaign.toml:3:9");
}

TEST(BudgetFile, ListsOfLimitsAreOfThePhasesThatAreKnown) {
  const TomlNode node = parse_toml({.name = "c.toml", .bytes = "limits = ['p95 < 1s']\n"});
  const TomlValue file("c.toml", node);
  Budgets budgets;
  add_limits(file.members(1).at(0), {"soak"}, budgets);
  EXPECT_EQ(budgets.rules.at(0).id, "soak: p95 < 1s");
}

TEST(BudgetFile, SaysWhereAndWhatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view said;
  } rows[] = {
      {"",
       "budgets.toml:1:1: expected a rule at least | write [[rule]] with limit = \"rss.peak < "
       "512MiB\""},
      {"[[rules]]\n", "budgets.toml:1:3: unknown key 'rules' | did you mean rule?"},
      {"[rule]\n", "budgets.toml:1:2: rule: expected [[rule]]"},
      {"[[rule]]\nlimt = 'x'\n",
       "budgets.toml:2:1: rule[0]: unknown key 'limt' | did you mean limit?"},
      {"[[rule]]\n", "budgets.toml:1:1: rule[0]: expected 'limit'"},
      {"[[rule]]\nlimit = 'rss.peak < 5ms'\n",
       "budgets.toml:2:9: rule[0].limit: character 12 of 'rss.peak < 5ms': expected a size such "
       "as 512MiB, found '5ms'"},
      {"[budget.normal]\n", "budgets.toml:1:9: budget.normal: expected 'limits'"},
      {"[budget]\nnormal = 5\n",
       "budgets.toml:2:1: budget.normal: expected [budget.PHASE] with limits = [...]"},
      {"[budget.normal]\nlimits = []\n",
       "budgets.toml:2:10: budget.normal.limits: expected a limit at least"},
      {"[[rule]]\nlimit = 'races == 0'\nweight = -1\n",
       "budgets.toml:3:10: rule[0].weight: expected a number from 0 to 1000000, found -1"},
      {"[[rule]]\nlimit = 'races == 0'\nphase = []\n",
       "budgets.toml:3:9: rule[0].phase: expected a text or a list of texts, found a list"},
  };
  for (const auto& row : rows) EXPECT_EQ(error_in(row.text), row.said);
}

TEST(BudgetFile, AWaiverNeedsAnOwnerAReasonAndADay) {
  const auto said = [](std::string_view waiver) {
    return error_in("[[rule]]\nlimit = 'races == 0'\n[[waiver]]\nrule = 'races == 0'\n" +
                    std::string(waiver));
  };
  EXPECT_EQ(said("owner='a'\nreason='b'\nexpires='2028-02-29'\n"), "no error");
  EXPECT_EQ(said("reason='b'\nexpires=2027-01-31\n"),
            "budgets.toml:3:1: waiver[0]: expected 'owner'");
  EXPECT_EQ(said("owner='a'\nreason=' '\nexpires=2027-01-31\n"),
            "budgets.toml:6:8: waiver[0].reason: expected a text");
  EXPECT_EQ(said("owner='a'\nreason='b'\n"), "budgets.toml:3:1: waiver[0]: expected 'expires'");
  EXPECT_EQ(said("owner='a'\nreason='b'\nexpires='2027-02-29'\n"),
            "budgets.toml:7:9: waiver[0].expires: expected a date such as 2027-01-31, found "
            "'2027-02-29'");
}

TEST(BudgetFile, AWaiverIsOfARuleThatThereIs) {
  const auto said = [](std::string_view waiver) {
    return error_in(
        "[budget.normal]\nlimits = ['p95 < 200ms']\n[[waiver]]\nowner='a'\n"
        "reason='b'\nexpires=2027-01-31\n" +
        std::string(waiver));
  };
  EXPECT_EQ(said("rule = 'p95 < 200ms'\n"), "no error");
  EXPECT_EQ(said("rule = 'normal: p95 < 200ms'\nphase = 'n*'\n"), "no error");
  EXPECT_EQ(said("rule = 'p95 < 200ms'\nphase = 'redis/normal'\n"), "no error");
  EXPECT_EQ(said("rule = 'normal: p95 < 20ms'\n"),
            "budgets.toml:7:8: there is no rule 'normal: p95 < 20ms' to waive | did you mean "
            "'normal: p95 < 200ms'?");
  EXPECT_EQ(said("rule = 'p95 < 200ms'\nphase = 'soak'\n"),
            "budgets.toml:7:8: rule 'p95 < 200ms' is not of phase soak");
}

TEST(BudgetFile, RefusesTwoRulesOfOneName) {
  EXPECT_EQ(error_in("[[rule]]\nlimit='races == 0'\n[[rule]]\nlimit='races == 0'\n"),
            "budgets.toml:4:7: there is another rule 'races == 0', at budgets.toml:2:7 | give one "
            "of them a name of its own");
  EXPECT_EQ(error_in("[budget.a]\nlimits=['p95 < 1s']\n[budget.b]\nlimits=['p95 < 1s']\n"),
            "no error");
}

TEST(BudgetFile, RefusesRulesThatCannotBothHold) {
  const auto said = [](std::string_view a, std::string_view b) {
    return error_in(fmt::format("[budget.n]\nlimits=['{}', '{}']\n", a, b));
  };
  EXPECT_EQ(said("rate < 5", "rate > 6"),
            "budgets.toml:2:21: 'rate > 6' ('n: rate > 6') and 'rate < 5' ('n: rate < 5'), at "
            "budgets.toml:2:9, cannot both hold");
  const std::string_view no = "no error";
  EXPECT_NE(said("rate > 6", "rate < 5"), no);
  EXPECT_NE(said("rate > 5", "rate < 5"), no);
  EXPECT_NE(said("rate >= 5", "rate < 5"), no);
  EXPECT_NE(said("races == 0", "races > 0"), no);
  EXPECT_NE(said("races == 0", "races == 1"), no);
  EXPECT_NE(said("rate > baseline + 10%", "rate < baseline"), no);
  EXPECT_EQ(said("rate >= 5", "rate <= 5"), no);
  EXPECT_EQ(said("rate > 5", "rate < 6"), no);
  EXPECT_EQ(said("rate < 5", "rate < 6"), no);
  EXPECT_EQ(said("rate < 5", "rate@x10 > 6"), no);
  EXPECT_EQ(said("a.rate < 5", "rate > 6"), no);
  EXPECT_EQ(said("rate > baseline - 10%", "rate < baseline"), no);
  EXPECT_EQ(said("rate < 5", "rate > baseline"), no);
}

TEST(BudgetFile, RulesOfDifferentPhasesMayDiffer) {
  const auto said = [](std::string_view a, std::string_view b) {
    return error_in(
        fmt::format("[budget.'{}']\nlimits=['rate < 5']\n[budget.'{}']\n"
                    "limits=['rate > 6']\n",
                    a, b));
  };
  EXPECT_EQ(said("normal", "x10"), "no error");
  EXPECT_NE(said("nor*", "normal"), "no error");
  EXPECT_NE(said("normal", "*"), "no error");
  EXPECT_NE(said("normal", "redis/normal"), "no error");
  EXPECT_EQ(said("nginx/normal", "redis/normal"), "no error");
}

TEST(BudgetFile, ALongFileIsRefusedBeforeItTakesLong) {
  std::string text = "[budget.a]\nlimits = [\n";
  for (int i = 1; i <= 1'001; ++i) text += fmt::format("'rate < {}',\n", i);
  EXPECT_EQ(error_in(text + "]\n"),
            "budgets.toml:2:10: budget.a.limits: expected at most 1000 of them, found 1001");
}

}  // namespace
}  // namespace tidemark::budget
