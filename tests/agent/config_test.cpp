#include "agent/config.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/throttle.h"

namespace tidemark::agent {
namespace {

TEST(AgentConfig, ReadsEveryKey) {
  Config config;
  EXPECT_EQ(parse_config("file=/x/y,size=16MiB,mean=64KiB,depth=20,seed=7,overhead=0.5%,"
                         "threads=yes,made=yes",
                         config),
            nullptr);
  EXPECT_STREQ(config.file, "/x/y");
  EXPECT_EQ(config.file_bytes, 16 << 20);
  EXPECT_EQ(config.mean_bytes, 64 << 10);
  EXPECT_EQ(config.depth, 20);
  EXPECT_EQ(config.seed, 7);
  EXPECT_EQ(config.max_overhead_ppm, 5000);
  EXPECT_TRUE(config.made);
  EXPECT_TRUE(config.by_thread);
}

TEST(AgentConfig, SaysWhatIsWrongAndKeepsTheRest) {
  Config config;
  EXPECT_STREQ(parse_config("file=/x,mean=many,depth=3", config),
               "TIDEMARK_HEAP: mean= is no number of bytes");
  EXPECT_STREQ(config.file, "/x");
  EXPECT_EQ(config.mean_bytes, 512 << 10);
  EXPECT_EQ(config.depth, 3);
}

TEST(AgentConfig, RefusesWhatIsNoConfiguration) {
  for (const char* text :
       {"", ",", "file=", "file=/x,mean=0", "file=/x,depth=0", "file=/x,depth=9999", "file=/x,zz=1",
        "file=/x,mean=99999999999999999999999", "file=/x,overhead=1", "file=/x,overhead=900%",
        "file=/x,made=1", "file=/x,size=1TiBB", "mean"}) {
    Config config;
    EXPECT_NE(parse_config(text, config), nullptr) << text;
  }
}

TEST(AgentConfig, APathThatIsTooLongIsRefused) {
  Config config;
  EXPECT_NE(parse_config(("file=/" + std::string(2000, 'x')).c_str(), config), nullptr);
  EXPECT_STREQ(config.file, "");
}

TEST(Throttle, SamplesLessAboveTheLimit) {
  Throttle throttle{};
  throttle.compare(20, 1000, 10000);
  EXPECT_EQ(throttle.doublings, 1);
}

TEST(Throttle, GoesAsFarAsItTakesAtOnce) {
  Throttle throttle{};
  throttle.compare(79, 1000, 10000);
  EXPECT_EQ(throttle.doublings, 3);
}

TEST(Throttle, ComesBackFarBelowTheLimitOnly) {
  Throttle throttle{.doublings = 2};
  throttle.compare(5, 1000, 10000);
  EXPECT_EQ(throttle.doublings, 2);
  throttle.compare(2, 1000, 10000);
  EXPECT_EQ(throttle.doublings, 1);
}

TEST(Throttle, ComesBackWithoutALimit) {
  Throttle throttle{.doublings = 1};
  throttle.compare(900, 1000, 0);
  EXPECT_EQ(throttle.doublings, 0);
}

TEST(Throttle, HasAnEnd) {
  Throttle throttle{};
  for (int i = 0; i < 100; ++i) throttle.compare(1000, 1000, 10000);
  EXPECT_EQ(throttle.doublings, Throttle::kMost);
}

}  // namespace
}  // namespace tidemark::agent
