#include "tools/signoff/alert/event.h"

#include <gmock/gmock.h>

namespace tidemark::signoff {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kUsual = {"failed", "not done", "recovered"};

RuleResult rule(const std::string& phase, const std::string& id, State state) {
  RuleResult result{.phase = phase, .state = state};
  result.rule.id = id;
  return result;
}

SignoffResult failed_with(std::vector<RuleResult> rules) {
  return {.campaign = "nightly", .state = State::kFailed, .rules = std::move(rules)};
}

SignoffResult in_state(State state) { return {.campaign = "nightly", .state = state}; }

Incident told_of(const SignoffResult& result) {
  return {.id = "1", .state = std::string(name_of(result.state)), .problems = problems_of(result)};
}

const SignoffResult kOneFails = failed_with({rule("normal", "p95", State::kFailed)});

TEST(AlertEvent, TellsOfAFailureOnce) {
  EXPECT_TRUE(event_of(kOneFails, {}, kUsual).tell);
  EXPECT_FALSE(event_of(kOneFails, told_of(kOneFails), kUsual).tell);
}

TEST(AlertEvent, TellsAgainWhenOtherRulesFail) {
  const SignoffResult other =
      failed_with({rule("normal", "rss", State::kFailed), rule("normal", "p95", State::kPassed)});
  const Event event = event_of(other, told_of(kOneFails), kUsual);
  EXPECT_TRUE(event.tell);
  EXPECT_THAT(event.added, ElementsAre(Problem{.phase = "normal", .rule = "rss"}));
  EXPECT_THAT(event.gone, ElementsAre(Problem{.phase = "normal", .rule = "p95"}));
}

TEST(AlertEvent, DoesNotCountWhatComesAndGoesBesideAFailure) {
  const SignoffResult noisy = failed_with(
      {rule("normal", "p95", State::kFailed), rule("soak", "growth", State::kInconclusive)});
  EXPECT_FALSE(event_of(noisy, told_of(kOneFails), kUsual).tell);
}

TEST(AlertEvent, NamesAPhaseThatFailedByItself) {
  SignoffResult result = kOneFails;
  result.phases = {{.target = "redis", .name = "memory", .state = State::kFailed},
                   {.name = "normal", .state = State::kFailed}};
  EXPECT_THAT(problems_of(result), ElementsAre(Problem{.phase = "normal", .rule = "p95"},
                                               Problem{.phase = "redis/memory"}));
}

TEST(AlertEvent, RecoversFromWhatWasToldOf) {
  const Event event = event_of(in_state(State::kPassed), told_of(kOneFails), kUsual);
  EXPECT_EQ(event.name, "recovered");
  EXPECT_TRUE(event.tell);
  EXPECT_TRUE(event.over);
}

TEST(AlertEvent, RecoversFromNothingElse) {
  const Event event = event_of(in_state(State::kPassed), {}, kUsual);
  EXPECT_EQ(event.name, "passed");
  EXPECT_FALSE(event.tell);
}

TEST(AlertEvent, IsOverWithoutAWordWhenNobodyAsksForRecoveries) {
  const Event event = event_of(in_state(State::kPassed), told_of(kOneFails), {"failed"});
  EXPECT_FALSE(event.tell);
  EXPECT_TRUE(event.over);
}

TEST(AlertEvent, IsNotOverWhenWhatFailedWasSkipped) {
  SignoffResult partly = in_state(State::kPassed);
  partly.phases = {{.name = "normal", .state = State::kSkipped}};
  const Event event = event_of(partly, told_of(kOneFails), kUsual);
  EXPECT_FALSE(event.tell);
  EXPECT_FALSE(event.over);
}

TEST(AlertEvent, AnInconclusiveNightNeitherTellsNorEnds) {
  const Event event = event_of(in_state(State::kInconclusive), told_of(kOneFails), kUsual);
  EXPECT_FALSE(event.tell);
  EXPECT_FALSE(event.over);
}

TEST(AlertEvent, TellsOfEachPassWhereThatIsAskedFor) {
  EXPECT_TRUE(event_of(in_state(State::kPassed), {}, {"passed"}).tell);
}

TEST(AlertEvent, TellsAgainWhenTheStateIsAnother) {
  EXPECT_TRUE(event_of(in_state(State::kNotDone), told_of(kOneFails), kUsual).tell);
}

TEST(AlertEvent, KnowsNamesOfAnyBytesAgain) {
  const SignoffResult odd = failed_with({rule("a\xff\n", "b\x1b", State::kFailed)});
  EXPECT_THAT(problems_of(odd), ElementsAre(Problem{.phase = "a\\xff\\x0a", .rule = "b\\x1b"}));
}

}  // namespace
}  // namespace tidemark::signoff
