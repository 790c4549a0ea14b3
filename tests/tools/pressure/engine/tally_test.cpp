#include "tools/pressure/engine/tally.h"

#include <gmock/gmock.h>

namespace tidemark::pressure {
namespace {

using load::Failure;
using testing::ElementsAre;

TEST(Tally, TheSameNameIsTheSameLabel) {
  Tally tally;
  const LabelId search = tally.label("search");
  EXPECT_NE(tally.label("add"), search);
  EXPECT_EQ(tally.label("search"), search);
  EXPECT_THAT(tally.labels(), ElementsAre("search", "add"));
}

TEST(Tally, AnAnswerCountsFromTheIntendedAndFromTheActualSend) {
  Tally tally;
  const LabelId label = tally.label("a");
  tally.begin_stage(0);
  tally.finished(label, {.intended = 100, .sent = 400, .done = 600}, 7);
  EXPECT_EQ(tally.of(label, 0).response.max(), 500);
  EXPECT_EQ(tally.of(label, 0).service.max(), 200);
  EXPECT_EQ(tally.of(label, 0).done, 1);
  EXPECT_EQ(tally.of(label, 0).bytes, 7);
}

TEST(Tally, AFailureIsTimedOnlyWhenItWasWaitedFor) {
  Tally tally;
  const LabelId label = tally.label("a");
  tally.begin_stage(0);
  for (const Failure failure : {Failure::kReset, Failure::kTimeout, Failure::kStatus}) {
    tally.failed(label, {.intended = 0, .sent = 1, .done = 5}, failure);
  }
  EXPECT_EQ(tally.of(label, 0).failed(), 3);
  EXPECT_EQ(tally.of(label, 0).done, 0);
  EXPECT_EQ(tally.of(label, 0).response.count(), 2);
}

TEST(Tally, WhatWasNeverSentHasAResponseTimeAndNoServiceTime) {
  Tally tally;
  const LabelId label = tally.label("a");
  tally.failed(label, {.intended = 10, .sent = 0, .done = 510}, Failure::kTimeout);
  EXPECT_EQ(tally.of(label, 0).response.max(), 500);
  EXPECT_EQ(tally.of(label, 0).service.count(), 0);
}

TEST(Tally, ALateAnswerCountsInTheStageInWhichItsRequestWasDue) {
  Tally tally;
  const LabelId label = tally.label("a");
  tally.begin_stage(0, 0);
  tally.begin_stage(1, 1000);
  tally.finished(label, {.intended = 999, .sent = 1001, .done = 2000}, 0);
  tally.finished(label, {.intended = 1000, .sent = 1001, .done = 2000}, 0);
  tally.failed(label, {.intended = 500, .sent = 0, .done = 2000}, Failure::kConnect);
  EXPECT_EQ(tally.of(label, 0).done, 1);
  EXPECT_EQ(tally.of(label, 0).failed(), 1);
  EXPECT_EQ(tally.of(label, 1).done, 1);
}

TEST(Tally, EachSecondBeginsEmptyAndTheTotalKeepsAll) {
  Tally tally;
  const LabelId label = tally.label("a");
  tally.begin_stage(0);
  std::vector<std::int64_t> counts;
  const auto sink = [&](const Second& second) {
    counts.push_back(second.labels[0].done);
    counts.push_back(second.send_lag->count());
  };
  tally.finished(label, {.sent = 1, .done = 5}, 0);
  tally.lagged(3);
  tally.end_second({}, sink);
  tally.begin_stage(1, 10);
  tally.end_second({}, sink);
  tally.measured(label, 9);
  EXPECT_THAT(counts, ElementsAre(1, 1, 0, 0));
  EXPECT_EQ(tally.total(label).done, 2);
  EXPECT_EQ(tally.total(label).response.max(), 9);
}

TEST(Tally, ALabelMadeInALaterStageHasCountsInAll) {
  Tally tally;
  tally.begin_stage(2);
  const LabelId label = tally.label("late");
  EXPECT_EQ(tally.of(label, 0).done, 0);
  EXPECT_EQ(tally.stages(), 3U);
}

}  // namespace
}  // namespace tidemark::pressure
