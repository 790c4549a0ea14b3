#include "tools/leakwatch/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace tidemark::leakwatch {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<verdict::Sample> samples_of(std::string_view text,
                                        const std::vector<double>& restarts = {}) {
  std::vector<verdict::Sample> out;
  read_trace({.name = "t.csv", .bytes = text}, restarts,
             [&](const verdict::Sample& sample) { out.push_back(sample); });
  return out;
}

std::string error_from(std::string_view text) {
  try {
    samples_of(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Trace, ReadsTimeSizeAndRequests) {
  const auto samples = samples_of("t_seconds,rss_bytes,requests\n0,4096,5\n10,8192,12\n");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].at_s, 10);
  EXPECT_EQ(samples[1].bytes, 8192);
  EXPECT_EQ(samples[1].requests, 12);
}

TEST(Trace, WithoutRequestsDoesNotKnowThem) {
  EXPECT_TRUE(std::isnan(samples_of("t_seconds,rss_bytes\n0,4096\n").at(0).requests));
}

TEST(Trace, TakesAnEmptyFieldForUnknown) {
  EXPECT_TRUE(std::isnan(samples_of("t_seconds,rss_bytes\n0,\n1,nan\n").at(0).bytes));
}

TEST(Trace, StartsALifeAtEachRestart) {
  const auto samples = samples_of("t_seconds,rss_bytes\n0,1\n10,1\n20,1\n30,1\n", {10, 25});
  EXPECT_EQ(samples[0].life, 0);
  EXPECT_EQ(samples[1].life, 1);
  EXPECT_EQ(samples[2].life, 1);
  EXPECT_EQ(samples[3].life, 2);
}

TEST(Trace, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_from("t_seconds,rss_bytes\n0,1\nsoon,1\n"),
            "t.csv:3: expected seconds in the column t_seconds, found 'soon,1'");
}

TEST(Trace, WantsItsHeading) {
  EXPECT_EQ(error_from("time,rss\n0,1\n"),
            "t.csv:1: expected the heading 't_seconds,rss_bytes[,requests]', found 'time,rss'");
}

TEST(Trace, WantsAsManyFieldsAsTheHeading) {
  EXPECT_EQ(error_from("t_seconds,rss_bytes\n0,1,2\n"),
            "t.csv:2: expected as many fields as the heading has, found '0,1,2'");
}

TEST(Trace, WithoutSamplesIsAnError) {
  EXPECT_EQ(error_from("t_seconds,rss_bytes\n"),
            "t.csv:2: expected at least one sample, found the end of the file");
}

TEST(Restarts, AreReadByTraceInTheOrderOfTime) {
  const Restarts restarts = read_restarts({.name = "events.csv",
                                           .bytes = "trace,t_seconds,event\n"
                                                    "a,20,restart\nb,5,restart\na,10,restart\n"
                                                    "a,15,deploy\n"});
  EXPECT_THAT(restarts, ElementsAre(Pair("a", ElementsAre(10, 20)), Pair("b", ElementsAre(5))));
}

}  // namespace
}  // namespace tidemark::leakwatch
