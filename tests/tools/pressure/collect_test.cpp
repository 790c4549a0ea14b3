#include "tools/pressure/collect.h"

#include <gmock/gmock.h>

namespace tidemark::pressure {
namespace {

using ::testing::ElementsAre;

load::Scenario two_stages() {
  load::Scenario scenario;
  scenario.load.stages = {{.name = "normal", .rate = 50}, {.name = "x10", .rate = 500}};
  scenario.personas = {{.mix = {{.name = "search"}, {.name = "add"}}}};
  return scenario;
}

std::vector<std::string> names(const load::RunResult& result) {
  std::vector<std::string> all;
  for (const load::LabelResult& one : result.labels) all.push_back(one.label + "@" + one.stage);
  return all;
}

TEST(Collect, GivesEachLabelInEachStageAndAllRequestsTogether) {
  Tally tally;
  const LabelId search = tally.label("search");
  const LabelId ack = tally.label("chat.ack");
  tally.begin_stage(0);
  tally.finished(search, {.intended = 0, .sent = 1'000, .done = 5'000}, 10);
  tally.begin_stage(1);
  tally.finished(search, {.intended = 0, .sent = 0, .done = 9'000}, 10);
  tally.measured(ack, 7'000);
  load::RunResult result;
  collect(two_stages(), tally, {{.start_ms = 1, .end_ms = 2}, {.start_ms = 2, .end_ms = 3}},
          result);
  EXPECT_THAT(names(result), ElementsAre("search@normal", "@normal", "search@x10", "chat.ack@x10",
                                         "@x10", "search@", "chat.ack@", "@"));
  EXPECT_EQ(result.labels.back().done, 2);  // acknowledgements are no requests
  EXPECT_EQ(result.labels.front().service.max(), 4'000);
  EXPECT_EQ(result.labels.front().response.max(), 5'000);
}

TEST(Collect, LeavesOutAStageThatDidNotRun) {
  Tally tally;
  tally.finished(tally.label("search"), {}, 0);
  load::RunResult result;
  collect(two_stages(), tally, {{.start_ms = 1, .end_ms = 2}, {}}, result);
  EXPECT_EQ(result.stages.size(), 1);
}

}  // namespace
}  // namespace tidemark::pressure
