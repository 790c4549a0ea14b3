#include "tools/pressure/export/interval_sink.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/lib/scratch.h"
#include "tests/tools/pressure/export/some_seconds.h"

namespace tidemark::pressure {
namespace {

std::vector<load::Interval> after(int seconds) {
  const Scratch scratch;
  const auto path = scratch.path / "load.hlog";
  IntervalSink sink(path, kSomeStart);
  SomeSeconds().pass(sink, seconds);
  sink.finish();
  const File file = read_file(path);
  std::vector<load::Interval> out;
  load::read_intervals(file.input(), [&](const load::Interval& one) { out.push_back(one); });
  return out;
}

std::int64_t lines_of(const std::vector<load::Interval>& log, std::string_view tag) {
  return std::ranges::count(log, tag, &load::Interval::tag);
}

std::int64_t values_of(const std::vector<load::Interval>& log, std::string_view tag) {
  std::int64_t sum = 0;
  for (const load::Interval& line : log)
    if (line.tag == tag) sum += line.histogram.count();
  return sum;
}

TEST(IntervalSink, HasALineASecondForAllAndOneInTenSecondsForEachLabel) {
  const auto log = after(25);
  EXPECT_EQ(lines_of(log, ""), 25);
  EXPECT_EQ(lines_of(log, "a"), 3);
  EXPECT_EQ(lines_of(log, "b"), 3);
  EXPECT_EQ(log[1].start_ms, kSomeStart + 1000);
  EXPECT_EQ(log[1].length_ms, 1000);
}

TEST(IntervalSink, NothingIsLostAtTheEnd) {
  const auto log = after(25);
  EXPECT_EQ(values_of(log, ""), 25 * 110);
  EXPECT_EQ(values_of(log, "a"), 25 * 100);
  EXPECT_EQ(log.back().start_ms + log.back().length_ms, kSomeStart + 25'000);
}

TEST(IntervalSink, AfterAnHourThereIsALineInTenSeconds) {
  const auto log = after(3600 + 100);
  EXPECT_EQ(lines_of(log, ""), 3600 + 10);
  EXPECT_EQ(values_of(log, ""), 3700 * 110);
}

}  // namespace
}  // namespace tidemark::pressure
