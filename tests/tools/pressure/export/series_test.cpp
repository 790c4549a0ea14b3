#include "tools/pressure/export/series.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/lib/scratch.h"
#include "tests/tools/pressure/export/some_seconds.h"

namespace tidemark::pressure {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kTimeout = static_cast<std::size_t>(load::Failure::kTimeout);

Series named(const std::filesystem::path& path, std::string_view name) {
  for (Series& series : read_series(path))
    if (series.name == name) return series;
  return {};
}

TEST(SeriesSink, EachSecondIsInTheFile) {
  const Scratch scratch;
  const auto path = scratch.path / "series.db";
  SomeSeconds seconds;
  seconds.memory = 5'000'000;
  {
    SeriesSink sink(path);
    seconds.pass(sink, 3);
  }
  EXPECT_THAT(named(path, "load.rate").points,
              ElementsAre(Point{kSomeStart + 1000, 110}, Point{kSomeStart + 2000, 110},
                          Point{kSomeStart + 3000, 110}));
  EXPECT_EQ(named(path, "load.rate_due").points.front().value, 115);
  EXPECT_EQ(named(path, "load.p95").unit, "ns");
  EXPECT_EQ(named(path, "load.max").points.front().value, 20'000'000);
  EXPECT_EQ(named(path, "load.p95.a").points.front().value, 1'000'000);
  EXPECT_EQ(named(path, "load.under_way").points.front().value, 3);
  EXPECT_EQ(named(path, "rss").points.front().value, 5'000'000);
}

TEST(SeriesSink, AKindOfFailureIsThereFromItsFirstOn) {
  const Scratch scratch;
  const auto path = scratch.path / "series.db";
  SomeSeconds seconds;
  {
    SeriesSink sink(path);
    seconds.pass(sink);
    seconds.counts()[0].failures.at(kTimeout) = 4;
    seconds.pass(sink, 2);
  }
  EXPECT_THAT(named(path, "load.errors.timeout").points,
              ElementsAre(Point{kSomeStart + 2000, 4}, Point{kSomeStart + 3000, 0}));
  EXPECT_THAT(named(path, "load.errors").points, SizeIs(3));
  EXPECT_THAT(named(path, "load.errors.reset").points, SizeIs(0));
}

TEST(SeriesSink, WithoutAMemoryThereIsNoSeriesOfIt) {
  const Scratch scratch;
  const auto path = scratch.path / "series.db";
  {
    SeriesSink sink(path);
    SomeSeconds().pass(sink);
  }
  EXPECT_THAT(named(path, "rss").points, SizeIs(0));
}

TEST(SeriesSink, GoesOnBesideAnotherWriterOfTheFile) {
  const Scratch scratch;
  const auto path = scratch.path / "series.db";
  SeriesWriter other = SeriesWriter::open(path);
  const SeriesId rss = other.add("rss", "bytes");
  {
    SeriesSink sink(path);
    SomeSeconds().pass(sink);
    other.append(rss, kSomeStart + 1000, 7);
    EXPECT_TRUE(other.flush());
  }
  EXPECT_EQ(named(path, "rss").points.front().value, 7);
  EXPECT_EQ(named(path, "load.rate").points.front().value, 110);
}

}  // namespace
}  // namespace tidemark::pressure
