#include "lib/soak/soak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"
#include "tests/lib/scratch.h"

namespace tidemark::soak {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kStart = 1'763'710'000'000;
constexpr double kMegabyte = 1e6;

// A soak as a watcher writes it: one row every ten seconds.
class Written {
 public:
  Written() : Written(SoakSettings{.every_ms = 10'000}) {}
  explicit Written(const SoakSettings& settings)
      : directory_(RunDirectory::create(scratch_.path / "night",
                                        {.tool = "leakwatch", .target = {"--pid", "7"}},
                                        FormerRun::kKeep)),
        writer_(SeriesWriter::open(directory_.path() / "series.db")) {
    for (const auto& [name, text] : texts_of(settings)) writer_.set(name, text);
    writer_.flush();
  }

  void row(double hours, double megabytes, std::int64_t life = 1) {
    const std::int64_t at = kStart + std::llround(hours * 3'600'000);
    put("life", life, at);
    put("anon", std::llround(megabytes * kMegabyte), at);
    put("own_rss", 5'000'000, at);
    put("own_cpu", rows_++ * 10'000, at);
  }

  // Grows by `per_hour` from 100 MB on, with a little noise.
  void hours(double count, double per_hour) {
    for (int i = 0; i < count * 360; ++i) {
      const double at = i / 360.0;
      row(at, 100 + per_hour * at + 0.3 * std::sin(i * 0.7));
    }
    writer_.flush();
  }

  void put(const std::string& name, std::int64_t value, std::int64_t at, std::int64_t pid = 0) {
    writer_.append(writer_.add(name, "bytes", pid), at, value);
  }

  RunDirectory& directory() { return directory_; }
  SeriesWriter& writer() { return writer_; }
  Soak look() { return read_soak(directory_.path()); }

 private:
  Scratch scratch_;
  RunDirectory directory_;
  SeriesWriter writer_;
  std::int64_t rows_ = 0;
};

TEST(Soak, TellsALeakWithItsSentence) {
  Written written;
  written.hours(12, 20);
  const Soak soak = written.look();
  EXPECT_EQ(soak.verdict.answer, verdict::Answer::kLeak);
  EXPECT_THAT(soak.verdict.text, HasSubstr("leak: grows 4"));
  EXPECT_EQ(soak.rows, 12 * 360);
  EXPECT_EQ(soak.state, SoakState::kWatching);
  EXPECT_EQ(soak.name, "night");
  EXPECT_EQ(soak.target, "--pid 7");
}

TEST(Soak, TellsThatNothingGrows) {
  Written written;
  written.hours(12, 0);
  EXPECT_EQ(written.look().verdict.answer, verdict::Answer::kNoLeak);
}

TEST(Soak, JudgesAsTheWatcherDoesHoweverOftenItLooks) {
  Written written;
  SoakReader reader(written.directory().path());
  SoakJudge judge({.every_ms = 10'000});
  for (int i = 0; i < 4 * 360; ++i) {
    const double megabytes = 100 + i * 0.05;
    written.row(i / 360.0, megabytes);
    Values values;
    values.set(Column::kLife, 1);
    values.set(Column::kAnon, std::llround(megabytes * kMegabyte));
    judge.take(kStart + i * 10'000, values);
    if (i % 100 == 0) {
      written.writer().flush();
      reader.look();
    }
  }
  written.writer().flush();
  written.directory().end();
  EXPECT_EQ(reader.look().verdict.text, judge.verdict().text);
  EXPECT_EQ(reader.look().rows, 4 * 360);
}

TEST(Soak, CompressedTimeCountsAsMuchAsItSays) {
  Written written(SoakSettings{.every_ms = 100, .compress = 100});
  for (int i = 0; i < 4320; ++i) {
    const double day_hours = i * 10.0 / 3600;
    written.row(day_hours / 100, 100 + 20 * day_hours);
  }
  written.writer().flush();
  const Soak soak = written.look();
  EXPECT_EQ(soak.verdict.answer, verdict::Answer::kLeak);
  EXPECT_THAT(soak.verdict.text, HasSubstr("(time counts 100-fold)"));
  EXPECT_NEAR(soak.verdict.growth_bytes_per_day->value, 480 * kMegabyte, 20 * kMegabyte);
}

TEST(Soak, AnotherWritersRowsAreNoRowsOfTheSoak) {
  Written written;
  written.hours(1, 0);
  SeriesWriter load = SeriesWriter::open(written.directory().path() / "series.db");
  load.append(load.add("requests", "count"), kStart + 5, 17);
  load.flush();
  const Soak soak = written.look();
  EXPECT_EQ(soak.rows, 360);
  EXPECT_EQ(soak.value(Column::kRequests), 17);
}

TEST(Soak, SaysWhoLivesAndHowMuchEachGrew) {
  Written written;
  written.row(0, 100);
  written.put("rss", 10, kStart, 8);
  written.put("rss", 30, kStart, 9);
  written.put("anon", 10, kStart, 9);
  written.put("rss", 99, kStart, 10);
  for (const int pid : {8, 9, 10}) {
    written.writer().add_event({kStart, "process", pid, "worker " + std::to_string(pid)});
  }
  written.writer().add_event({kStart + 1, "gone", 10, "worker 10"});
  written.row(1.0 / 360, 100);
  written.put("anon", 25, kStart + 10'000, 9);
  written.writer().flush();
  const Soak soak = written.look();
  ASSERT_EQ(soak.top.size(), 2);
  EXPECT_EQ(soak.top[0].name, "worker 9");
  EXPECT_EQ(soak.top[0].grown_bytes, 15);
  EXPECT_EQ(soak.top[1].pid, 8);
}

TEST(Soak, ItsOwnCostIsInItWatcherAfterWatcher) {
  Written written;
  written.row(0, 100);
  written.row(1, 100);
  written.writer().flush();
  const Soak soak = written.look();
  EXPECT_EQ(soak.own.rss_bytes, 5'000'000);
  EXPECT_NEAR(soak.own.cpu_share, 0.01 / 3600, 1e-9);
}

TEST(Soak, KnowsThatItsWatcherDiedOrWhyItWasStopped) {
  Written written;
  written.hours(0.1, 0);
  ++written.directory().run().writer_ticks;
  written.directory().save();
  EXPECT_EQ(written.look().state, SoakState::kWriterDied);
  written.directory().run().cut_short = "interrupted";
  written.directory().end();
  EXPECT_EQ(written.look().state, SoakState::kStopped);
  EXPECT_EQ(written.look().why, "interrupted");
}

TEST(Soak, WithoutARowIsNotEnoughData) {
  Written written;
  const Soak soak = written.look();
  EXPECT_EQ(soak.verdict.answer, verdict::Answer::kNotEnough);
  EXPECT_EQ(soak.now_ms, 0);
}

TEST(SoakSettings, ReadBackWhatWasWritten) {
  const SoakSettings settings{.gate_bytes_per_day = 1.5e6,
                              .limit_bytes = 123,
                              .every_ms = 20,
                              .for_ms = 99,
                              .compress = 12.5};
  EXPECT_EQ(settings_from(texts_of(settings), "s.db"), settings);
  try {
    settings_from({{"compress", "much"}}, "s.db");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "s.db: expected a number as compress, found 'much'");
  }
}

}  // namespace
}  // namespace tidemark::soak
