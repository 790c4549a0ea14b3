#include "tools/signoff/facts/memory_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>

#include "lib/run/series_db.h"
#include "tests/lib/scratch.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kStart = 1'763'710'000'000;

// A series.db, one row a second.
class Written {
 public:
  template <typename Value>
  Written& series(const std::string& name, int seconds, Value&& value) {
    SeriesWriter writer = SeriesWriter::open(path());
    const SeriesId id = writer.add(name, name == "fds" ? "count" : "bytes");
    for (int i = 0; i < seconds; ++i) {
      writer.append(id, kStart + i * 1000, std::llround(value(i)));
    }
    return *this;
  }

  std::filesystem::path path() const { return scratch_.path / "series.db"; }
  Timelines read(const std::optional<LoadTimes>& load = {}) const {
    return read_timelines(path(), load);
  }

 private:
  Scratch scratch_;
};

budget::Measure find(const std::vector<budget::Measure>& all, std::string_view metric,
                     std::string_view stage = "") {
  for (const budget::Measure& one : all) {
    if (one.metric == metric && one.stage == stage) return one;
  }
  ADD_FAILURE() << metric << "@" << stage << " was not measured";
  return {};
}

// Rises for a third, then stays, with noise.
class Settling {
 public:
  double operator()(int second) {
    noise_ = 0.8 * noise_ + normal_(random_) * 1e4;
    return 100e6 * std::min(1.0, 0.5 + second / 200.0) + noise_;
  }

 private:
  std::mt19937 random_{1};
  std::normal_distribution<double> normal_;
  double noise_ = 0;
};

TEST(MemoryFacts, SteadyIsTheLevelAfterWarmUp) {
  Written written;
  written.series("rss", 300, Settling());
  const auto steady = find(memory_measures(written.read(), ""), "rss.steady");
  EXPECT_NEAR(steady.value, 100e6, student_95(steady.freedom) * steady.error);
  EXPECT_LT(steady.error, 0.05e6);
  EXPECT_EQ(steady.unit, budget::Unit::kBytes);
}

TEST(MemoryFacts, SteadyIsNotSureWhileItRises) {
  Written written;
  written.series("rss", 300, [](int i) { return 1e6 * i; });
  const auto steady = find(memory_measures(written.read(), ""), "rss.steady");
  EXPECT_GT(student_95(steady.freedom) * steady.error, 70e6);
}

TEST(MemoryFacts, PeakIsTheLargestReadingAndNotSure) {
  Written written;
  written.series("rss", 100, [](int i) { return i == 3 ? 9e6 : 5e6; });
  const auto peak = find(memory_measures(written.read(), ""), "rss.peak");
  EXPECT_EQ(peak.value, 9e6);
  EXPECT_LT(peak.error, 0);
}

TEST(MemoryFacts, AStageHasItsOwn) {
  Written written;
  written.series("rss", 100, [](int i) { return i < 50 ? 4e6 + i : 8e6 + i; });
  const LoadTimes load{
      .from_ms = kStart,
      .to_ms = kStart + 100'000,
      .stages = {{.stage = "low", .from_ms = kStart, .to_ms = kStart + 49'000},
                 {.stage = "high", .from_ms = kStart + 50'000, .to_ms = kStart + 100'000}}};
  const auto found = memory_measures(written.read(load), "");
  EXPECT_NEAR(find(found, "rss.steady", "low").value, 4e6, 100);
  EXPECT_NEAR(find(found, "rss.steady", "high").value, 8e6, 100);
  EXPECT_EQ(find(found, "rss.peak", "low").value, 4e6 + 49);
  EXPECT_EQ(find(found, "rss.peak").value, 8e6 + 99);
}

TEST(MemoryFacts, ReadingsOfNothingDoNotCount) {
  Written written;
  written.series("rss", 100, [](int i) { return i > 80 ? 0 : 5e6; });
  EXPECT_EQ(find(memory_measures(written.read(), ""), "rss.steady").value, 5e6);
}

TEST(MemoryFacts, FewReadingsTellALevelButNotHowSure) {
  Written written;
  written.series("rss", 6, [](int) { return 5e6; });
  const auto steady = find(memory_measures(written.read(), ""), "rss.steady");
  EXPECT_EQ(steady.value, 5e6);
  EXPECT_LT(steady.error, 0);
}

TEST(MemoryFacts, MemoryOfAProfilerIsNotApplicable) {
  Written written;
  written.series("rss", 10, [](int) { return 5e6; }).series("fds", 10, [](int) { return 7; });
  const auto found = memory_measures(written.read(), "it is valgrind's");
  EXPECT_EQ(find(found, "rss.peak").not_applicable, "it is valgrind's");
  EXPECT_EQ(find(found, "fds.peak").not_applicable, "");
}

// Whether the interval of rss.per(documents) holds the 3000 bytes that each takes.
bool holds_3000(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Written written;
  std::vector<double> documents;
  for (int i = 0; i < 300; ++i) documents.push_back(500 + 400 * std::sin(i / 20.0));
  double noise = 0;
  written.series("metric:documents", 300, [&](int i) { return 1000 * documents.at(i); });
  written.series("rss", 300, [&](int i) {
    noise = 0.8 * noise + 1e5 * normal(random);
    return 50e6 + 3000 * documents.at(i) + noise;
  });
  const auto found = find(memory_per_thing(written.read(), nullptr, ""), "rss.per(documents)");
  return std::abs(found.value - 3000) <= student_95(found.freedom) * found.error;
}

TEST(MemoryFacts, OneMoreOfAThingIsCoveredByItsInterval) {
  int held = 0;
  for (unsigned seed = 0; seed < 20; ++seed) held += holds_3000(seed) ? 1 : 0;
  EXPECT_GE(held, 18);
}

TEST(MemoryFacts, OneMoreRequestIsTheSlopeOfTheSecondHalf) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  Written written;
  written.series("requests", 400, [](int i) { return 50.0 * i; });
  written.series("rss", 400, [&](int i) {
    return 20e6 + 3e6 * std::exp(-i / 30.0) + 100 * 50.0 * i + 2e4 * normal(random);
  });
  const auto found = find(memory_per_thing(written.read(), nullptr, ""), "rss.per(requests)");
  EXPECT_LT(found.low, 100);
  EXPECT_GT(found.high, 100);
  EXPECT_NEAR(found.value, 100, 10);
}

TEST(MemoryFacts, AThingThatNeverChangesTellsNothing) {
  Written written;
  written.series("metric:documents", 100, [](int) { return 5000; });
  written.series("rss", 100, [](int i) { return 5e6 + i; });
  EXPECT_THAT(memory_per_thing(written.read(), nullptr, ""), IsEmpty());
}

TEST(MemoryFacts, ChartsAreInTheTimeOfTheRunAndBounded) {
  Written written;
  written.series("rss", 2000, [](int i) { return 5e6 + i; });
  const std::vector<Series> charts = charts_of(written.read(), kStart, false);
  ASSERT_EQ(charts.size(), 1);
  EXPECT_EQ(charts[0].name, "rss");
  EXPECT_EQ(charts[0].points.size(), kSlots);
  EXPECT_NEAR(static_cast<double>(charts[0].points.front().at), 2600, 100);
}

TEST(MemoryFacts, AFileThatIsNoneIsSaid) {
  const Scratch scratch;
  std::ofstream(scratch.path / "series.db") << "nothing of ours";
  const Timelines lines = read_timelines(scratch.path / "series.db", {});
  EXPECT_THAT(lines.warnings, Contains(HasSubstr("series.db")));
  EXPECT_THAT(memory_measures(lines, ""), IsEmpty());
}

}  // namespace
}  // namespace tidemark::signoff
