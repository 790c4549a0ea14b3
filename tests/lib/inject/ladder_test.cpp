#include "lib/inject/ladder.h"

#include <gmock/gmock.h>

#include "lib/base/error.h"
#include "tests/lib/inject/hosted.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;

TEST(Ladder, KnowsItsRungsByName) {
  EXPECT_EQ(rung_named("injection"), Rung::kInjection);
  EXPECT_EQ(name_of(Rung::kProc), "proc");
  EXPECT_FALSE(rung_named("gdb"));
}

TEST(Ladder, OfAnOrdinaryProgramOffersInjection) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  const std::vector<RungState> ladder = plan_ladder(program.pid(), HOSTED);
  ASSERT_EQ(ladder.size(), 5U);
  EXPECT_EQ(best_of(ladder), Rung::kInjection);
  EXPECT_THAT(ladder[0].how_to, HasSubstr("memprof run --with heap"));
  EXPECT_THAT(std::string(ladder[3].misses), HasSubstr("4 to 13 times slower"));
}

TEST(Ladder, OfAStaticProgramStandsOnTheGround) {
  Hosted program({HOSTED_STATIC, "read"});
  ASSERT_TRUE(program.says("ready"));
  EXPECT_EQ(best_of(plan_ladder(program.pid(), HOSTED)), Rung::kProc);
}

TEST(Ladder, StandsOnProbesOnlyWhenAskedTo) {
  std::vector<RungState> ladder = {{.rung = Rung::kUprobes, .available = true},
                                   {.rung = Rung::kProc, .available = true}};
  EXPECT_EQ(best_of(ladder), Rung::kProc);
}

TEST(Ladder, NeedsTheLibraryToInject) {
  Hosted program({HOSTED, "read"});
  ASSERT_TRUE(program.says("ready"));
  const std::vector<RungState> ladder = plan_ladder(program.pid(), "");
  EXPECT_EQ(ladder[2].why_not, "the agent's library is not installed beside this tool");
}

TEST(Ladder, SaysWhyARungDoesNotHold) {
  Hosted program({HOSTED_STATIC, "read"});
  ASSERT_TRUE(program.says("ready"));
  try {
    Stand::climb(program.pid(), Rung::kInjection, HOSTED, {});
    FAIL() << "it climbed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the rung injection does not hold: it is statically"));
  }
}

TEST(Ladder, OfNoProcessIsAnError) { EXPECT_THROW(plan_ladder(4194303, HOSTED), Error); }

}  // namespace
}  // namespace tidemark
