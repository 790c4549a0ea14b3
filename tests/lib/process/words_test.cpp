#include "lib/process/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace tidemark {
namespace {

using testing::ElementsAre;

TEST(SplitCommand, SplitsAtWhiteSpace) {
  EXPECT_THAT(split_command(" wrk  -c 4\thttp://x ", "--load"),
              ElementsAre("wrk", "-c", "4", "http://x"));
}

TEST(SplitCommand, KeepsWhatIsQuotedTogether) {
  EXPECT_THAT(split_command(R"(sh -c 'a "b" | c' "d \"e\"" f\ g "")", "--load"),
              ElementsAre("sh", "-c", R"(a "b" | c)", R"(d "e")", "f g", ""));
}

TEST(SplitCommand, ExpandsNothing) {
  EXPECT_THAT(split_command("echo $HOME *", "--load"), ElementsAre("echo", "$HOME", "*"));
}

TEST(SplitCommand, RefusesWhatNeedsAShell) {
  EXPECT_THROW(split_command("a | b", "--load"), UsageError);
  EXPECT_THROW(split_command("a > b", "--load"), UsageError);
}

TEST(SplitCommand, RefusesAnOpenQuoteAndNothing) {
  EXPECT_THROW(split_command("a 'b", "--load"), UsageError);
  EXPECT_THROW(split_command("  ", "--load"), UsageError);
}

}  // namespace
}  // namespace tidemark
