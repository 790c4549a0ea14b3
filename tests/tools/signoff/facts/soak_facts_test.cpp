#include "tools/signoff/facts/soak_facts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace tidemark::signoff {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Verdict {
  std::string final = "true";
  int code = 0;
  std::string failure;
  std::string growth = R"({"value": 1e6, "low": -3e6, "high": 5e6})";
  int compress = 1;

  RunFacts facts() const {
    RunFacts out;
    add_verdict("verdict.json", text(), out);
    return out;
  }

  std::string text() const {
    return fmt::format(
        R"({{"format": "tidemark-soak-verdict", "version": 1, "final": {}, "verdict": "no leak",
"exit_code": {}, "text": "no leak", "failure": "{}", "growth_bytes_per_day": {},
"growth_bytes_per_million_requests": {}, "watched_ms": 60000, "rows": 60, "lives": 1,
"compress": {}}})",
        final, code, failure, growth, growth, compress);
  }
};

TEST(SoakFacts, GrowthHasTheIntervalOfTheWatcher) {
  const RunFacts facts = Verdict().facts();
  ASSERT_EQ(facts.measures.size(), 2);
  EXPECT_EQ(facts.measures[0].metric, "growth");
  EXPECT_EQ(facts.measures[0].unit, budget::Unit::kBytesPerDay);
  EXPECT_EQ(facts.measures[0].value, 1e6);
  EXPECT_EQ(facts.measures[0].low, -3e6);
  EXPECT_NEAR(facts.measures[0].error, 4e6 / 1.96, 1e3);
  EXPECT_EQ(facts.measures[1].metric, "growth.per_request");
  EXPECT_EQ(facts.verdict, State::kPassed);
}

TEST(SoakFacts, ACompressedSoakSaysSo) {
  EXPECT_THAT(Verdict{.compress = 3600}.facts().measures[0].basis,
              HasSubstr("each second counted as 3600"));
}

TEST(SoakFacts, StatesFollowTheWatchersExitCode) {
  EXPECT_EQ(Verdict{.code = 1}.facts().verdict, State::kFailed);
  EXPECT_EQ(Verdict{.code = 4}.facts().verdict, State::kInconclusive);
}

TEST(SoakFacts, ASoakThatIsNotOverMeasuresNothing) {
  const RunFacts facts = Verdict{.final = "false"}.facts();
  EXPECT_EQ(facts.verdict, State::kNotDone);
  EXPECT_THAT(facts.measures, IsEmpty());
  EXPECT_THAT(facts.warnings, Contains(HasSubstr("not watched to its end")));
}

TEST(SoakFacts, ATargetThatCrashedFailsAndMeasuresNothing) {
  const RunFacts facts = Verdict{.code = 3, .failure = "it crashed"}.facts();
  EXPECT_EQ(facts.verdict, State::kFailed);
  EXPECT_THAT(facts.measures, IsEmpty());
}

TEST(SoakFacts, UnknownGrowthIsNotZero) {
  const RunFacts facts = Verdict{.growth = "null"}.facts();
  EXPECT_THAT(facts.measures, IsEmpty());
  EXPECT_THAT(facts.warnings, Contains(HasSubstr("no growth")));
  EXPECT_EQ(why_left_out(facts, budget::parse_rule("growth < 1MB/24h", "r")), facts.verdict_text);
  EXPECT_EQ(why_left_out(facts, budget::parse_rule("rss.peak < 1MB", "r")), "");
}

TEST(SoakFacts, AnOpenIntervalIsNotSure) {
  const RunFacts facts = Verdict{.growth = R"({"value": 1, "low": 0, "high": null})"}.facts();
  EXPECT_LT(facts.measures.at(0).error, 0);
}

TEST(SoakFacts, DamageIsAnErrorWithItsPlace) {
  for (const char* text :
       {"", "[]", "{}", R"({"format": "tidemark-soak-verdict", "version": 2})"}) {
    RunFacts facts;
    EXPECT_THROW(add_verdict("verdict.json", text, facts), Error) << text;
  }
  const std::string text = Verdict{.growth = R"({"value": "much"})"}.text();
  RunFacts facts;
  try {
    add_verdict("verdict.json", text, facts);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "verdict.json: expected a number for 'value'");
  }
}

}  // namespace
}  // namespace tidemark::signoff
