#include "lib/load/hlog.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "lib/base/base64.h"
#include "lib/base/error.h"
#include "tests/lib/scratch.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t kStart = 1'763'758'519'250;

Histogram some_latencies(unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> times(13, 1.2);  // around 0.4 ms
  Histogram made;
  for (int i = 0; i < 5000; ++i) made.record(static_cast<std::int64_t>(times(random)));
  return made;
}

std::vector<Interval> intervals_of(std::string_view text, std::string* said = nullptr) {
  std::vector<Interval> out;
  const std::string note = read_intervals({.name = "load.hlog", .bytes = text},
                                          [&](const Interval& one) { out.push_back(one); });
  if (said != nullptr) *said = note;
  return out;
}

std::string error_of(std::string_view text) {
  try {
    intervals_of(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> piece{};
  while (const std::size_t size = fread(piece.data(), 1, piece.size(), pipe.get()))
    out.append(piece.data(), size);
  return out;
}

constexpr std::string_view kHead =
    "#[Histogram log format version 1.3]\n#[StartTime: 1763758519.250 (seconds since epoch), x]\n"
    "#[BaseTime: 1763758519.250 (seconds since epoch)]\n";

TEST(HistogramEncoding, AHistogramComesBackWithAllOfItsCounts) {
  const Histogram times = some_latencies();
  const Histogram back = decoded(encoded(times), "here");
  ASSERT_EQ(back.counts().size(), times.counts().size());
  EXPECT_TRUE(std::ranges::equal(back.counts(), times.counts()));
}

TEST(HistogramEncoding, OneWithoutValuesComesBack) {
  EXPECT_EQ(decoded(encoded(Histogram()), "here").count(), 0);
}

TEST(HistogramEncoding, TheEndsOfItsRangeComeBack) {
  Histogram times;
  times.record(0, INT64_MAX / 4);
  times.record(Histogram::kHighest);
  const Histogram back = decoded(encoded(times), "here");
  EXPECT_EQ(back.count(), INT64_MAX / 4 + 1);
  EXPECT_EQ(back.max(), Histogram::kHighest);
}

TEST(IntervalLog, IsReadBackAsItWasWritten) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  IntervalLog log(path, kStart);
  const Histogram times = some_latencies();
  log.write("", kStart + 1000, 1000, times);
  log.write("search, \"all\" of 50% \xC3\xA4\n", kStart, 10'000, times);
  const std::vector<Interval> back = intervals_of(read_file(path).bytes());
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].tag, "");
  EXPECT_EQ(back[0].start_ms, kStart + 1000);
  EXPECT_EQ(back[0].length_ms, 1000);
  EXPECT_EQ(back[0].histogram.count(), 5000);
  EXPECT_EQ(back[1].tag, "search, \"all\" of 50% \xC3\xA4\n");
  EXPECT_EQ(back[1].start_ms, kStart);
}

// HdrHistogram's own tool, as Debian has it.
TEST(IntervalLog, HdrHistogramsLogProcessorReadsItAndFindsTheSamePercentiles) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  Histogram all;
  {
    IntervalLog log(path, kStart);
    for (unsigned second = 0; second < 5; ++second) {
      const Histogram times = some_latencies(second + 1);
      all.add(times);
      log.write("", kStart + 1000 * second, 1000, times);
      log.write("a b", kStart + 1000 * second, 1000, some_latencies(99));
    }
  }
  const std::string out = output_of(fmt::format(
      "java -cp /usr/share/java/hdrhistogram.jar org.HdrHistogram.HistogramLogProcessor "
      "-i {} -outputValueUnitRatio 1 2>&1",
      path.string()));
  EXPECT_THAT(out, HasSubstr(fmt::format("{:12.3f} 0.500000000000",
                                         static_cast<double>(all.at_percentile(50)))));
  EXPECT_THAT(out, HasSubstr(fmt::format("{:12.3f} 0.900000000000",
                                         static_cast<double>(all.at_percentile(90)))));
  EXPECT_THAT(out, HasSubstr(fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]",
                                         all.mean(), all.deviation())));
  EXPECT_THAT(out, HasSubstr(fmt::format("Total count    = {:12}]", all.count())));
}

// tests/data/hlog/Sample.java says how it was made, and printed these percentiles.
TEST(IntervalLog, ALogOfHdrHistogramIsRead) {
  const File file = read_file(TIDEMARK_TEST_DATA "/hlog/hdrhistogram-2.1.11.hlog");
  const std::vector<Interval> back = intervals_of(file.bytes());
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].start_ms, 1'441'812'279'474);
  EXPECT_EQ(back[0].histogram.count(), 10'001);
  EXPECT_EQ(back[0].histogram.at_percentile(99.9), 1000);
  EXPECT_EQ(back[0].histogram.at_percentile(99.999), 100'007'935);
  EXPECT_EQ(back[1].tag, "A");
  EXPECT_EQ(back[1].start_ms, 1'441'812'280'608);
  EXPECT_EQ(back[1].histogram.count(), 1000);
  EXPECT_EQ(back[1].histogram.at_percentile(50), 5'001'215);
  EXPECT_EQ(back[1].histogram.at_percentile(99.9), 9'994'239);
  EXPECT_DOUBLE_EQ(back[1].histogram.mean(), 5'005'013.988);
  EXPECT_DOUBLE_EQ(back[1].histogram.deviation(), 2'886'750.1898803334);
}

TEST(IntervalLog, ALineThatWasCutOffIsSaidAndLeftOut) {
  const std::string text =
      fmt::format("{}0.000,1.000,2.000,{}\n1.000,1.000,2.0", kHead, encoded(some_latencies()));
  std::string said;
  EXPECT_EQ(intervals_of(text, &said).size(), 1U);
  EXPECT_EQ(said, "load.hlog:5: cut off inside its last line, which is left out");
}

TEST(IntervalLog, WhatWasWrittenIsThereWhenTheWriterIsKilled) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  const pid_t child = fork();
  if (child == 0) {
    IntervalLog log(path, kStart);
    log.write("", kStart, 1000, some_latencies());
    (void)raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(intervals_of(read_file(path).bytes()).size(), 1U);
}

TEST(IntervalLog, ADiskThatIsFullLeavesWholeLinesAndSaysSo) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  const pid_t child = fork();
  if (child == 0) {
    (void)signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 8192, .rlim_max = 8192};
    setrlimit(RLIMIT_FSIZE, &limit);
    IntervalLog log(path, kStart);
    for (int i = 0; i < 20; ++i) log.write("", kStart + 1000 * i, 1000, some_latencies());
    _exit(log.trouble().empty() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "no trouble was told";
  std::string said;
  const File file = read_file(path);
  EXPECT_FALSE(intervals_of(file.bytes(), &said).empty());
  EXPECT_EQ(said, "");
}

struct Damage {
  std::string line;
  std::string said;
};

// The compressed encoding around what an attacker writes.
std::string packed(std::string_view bytes) { return base64(bytes); }

TEST(IntervalLog, ADamagedLineIsAnErrorWithItsNumber) {
  const std::vector<Damage> rows = {
      {"0.000,1.000", "expected start,length,max,histogram"},
      {"Tag=a", "expected start,length,max,histogram"},
      {"soon,1.000,2.000,HISTF", "expected a start in seconds"},
      {"-1,1.000,2.000,HISTF", "expected a start in seconds"},
      {"1e300,1.000,2.000,HISTF", "expected a start in seconds"},
      {"0,nan,2.000,HISTF", "expected a length in seconds"},
      {"0,1,inf,HISTF", "expected a maximum in milliseconds"},
      {"0,1,2,HIST", "histogram+0x0: expected a cookie"},
      {"0,1,2,H*ST", "expected base64"},
      {"0,1,2," + packed("\x1c\x84\x93\x13"), "histogram+0x4: expected a compressed"},
      {"0,1,2," + packed(std::string("\x1c\x84\x93\x14\x7f\xff\xff\xff", 8)),
       "histogram+0x8: expected the compressed histogram"},
      {"0,1,2," + packed(std::string("\x1c\x84\x93\x14\0\0\0\x03xyz", 11)),
       "histogram+0xb: expected the zlib stream"},
  };
  for (const Damage& row : rows)
    EXPECT_THAT(error_of(std::string(kHead) + row.line + "\n"),
                StartsWith("load.hlog:4: " + row.said));
}

TEST(HistogramEncoding, AStreamThatExpandsWithoutEndIsCutShort) {
  // 100 MB of zeros: zlib makes 100 KB of them.
  const std::string bomb = output_of(
      "/usr/bin/python3 -c \"import zlib,base64,struct;z=zlib.compress(bytes(100000000),9);"
      "print(base64.b64encode(struct.pack('>II',0x1c849314,len(z))+z).decode(),end='')\"");
  ASSERT_GT(bomb.size(), 100'000U);
  EXPECT_THROW(decoded(bomb, "here"), Error);
}

TEST(IntervalLog, WhatIsNoLogIsAnError) {
  EXPECT_THAT(error_of(""), StartsWith("load.hlog:"));
  EXPECT_THAT(error_of("hello\n"), StartsWith("load.hlog:1: expected '#[Histogram log format"));
}

TEST(IntervalLog, EveryPrefixIsReadOrAnError) {
  const std::string text =
      fmt::format("{}0.000,1.000,2.000,{}\nTag=a,0.000,1.000,2.000,{}\n", kHead,
                  encoded(some_latencies(1)), encoded(some_latencies(2)));
  for (std::size_t size = 0; size < text.size(); size += 7) error_of(text.substr(0, size));
  EXPECT_EQ(intervals_of(text).size(), 2U);
}

}  // namespace
}  // namespace tidemark::load
