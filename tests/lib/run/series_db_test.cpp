#include "lib/run/series_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/run/sqlite.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_from_reading(const std::filesystem::path& path) {
  try {
    read_series(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SeriesDb, ReadsBackWhatWasWritten) {
  const Scratch scratch;
  const std::filesystem::path path = scratch.path / "a ?#%.db";
  {
    SeriesWriter writer = SeriesWriter::open(path);
    const SeriesId rss = writer.add("rss", "bytes");
    const SeriesId cpu = writer.add("cpu", "ms", 4711);
    EXPECT_EQ(writer.add("rss", "bytes"), rss);
    writer.append(rss, 2000, 20);
    writer.append(rss, 1000, 10);
    writer.append(rss, 2000, 21);
    writer.append(cpu, 1000, 1);
  }
  EXPECT_THAT(
      read_series(path),
      ElementsAre(
          Series{
              .name = "rss", .unit = "bytes", .at_unit = "ms", .points = {{1000, 10}, {2000, 21}}},
          Series{
              .name = "cpu", .unit = "ms", .at_unit = "ms", .pid = 4711, .points = {{1000, 1}}}));
}

TEST(SeriesDb, CanBeReadWhileItIsWritten) {
  const Scratch scratch;
  SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
  const SeriesId rss = writer.add("rss", "bytes");
  for (int i = 1; i <= 3; ++i) {
    writer.append(rss, i, i);
    EXPECT_TRUE(writer.flush());
    EXPECT_EQ(read_series(scratch.path / "s.db").at(0).points.size(), i);
  }
}

TEST(SeriesDb, TwoProcessesWriteOneFile) {
  const Scratch scratch;
  SeriesWriter first = SeriesWriter::open(scratch.path / "s.db");
  SeriesWriter second = SeriesWriter::open(scratch.path / "s.db");
  const SeriesId rss = first.add("rss", "bytes");
  const SeriesId requests = second.add("requests", "count");
  first.append(rss, 1, 1);
  second.append(requests, 1, 2);
  EXPECT_TRUE(first.flush());
  EXPECT_TRUE(second.flush());
  EXPECT_EQ(read_series(scratch.path / "s.db").at(1).points.at(0).value, 2);
}

TEST(SeriesDb, IsWholeAfterItsWriterWasKilled) {
  const Scratch scratch;
  const pid_t writer_pid = ::fork();
  if (writer_pid == 0) {
    SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
    const SeriesId rss = writer.add("rss", "bytes");
    for (int i = 0; i < 1000; ++i) writer.append(rss, i, i);
    writer.flush();
    writer.append(rss, 5000, 1);  // this one is lost
    ::raise(SIGKILL);
  }
  ::waitpid(writer_pid, nullptr, 0);
  EXPECT_EQ(read_series(scratch.path / "s.db").at(0).points.size(), 1000);
}

TEST(SeriesDb, WritesByItselfAfterTwoSeconds) {
  const Scratch scratch;
  SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
  const SeriesId rss = writer.add("rss", "bytes");
  const auto start = std::chrono::steady_clock::now();
  std::int64_t at = 0;
  do {
    writer.append(rss, ++at, 1);
    ::usleep(50'000);  // the rate of a sampler
  } while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds{2200});
  EXPECT_GT(read_series(scratch.path / "s.db").at(0).points.size(), 5);
}

// Files may not grow beyond a limit while it lives, as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{.rlim_cur = 64 << 10, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(SeriesDb, GoesOnWhenTheDiskIsFullAndLosesNothing) {
  const Scratch scratch;
  SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
  const SeriesId rss = writer.add("rss", "bytes");
  EXPECT_TRUE(writer.flush());
  {
    const FullDisk full;
    for (int i = 0; i < 20'000; ++i) writer.append(rss, i, i);
    EXPECT_FALSE(writer.flush());
    EXPECT_THAT(writer.trouble(), HasSubstr("s.db: "));
    EXPECT_EQ(read_series(scratch.path / "s.db").at(0).points.size(), 0);
  }
  EXPECT_TRUE(writer.flush());
  EXPECT_EQ(writer.trouble(), "");
  EXPECT_EQ(read_series(scratch.path / "s.db").at(0).points.size(), 20'000);
}

TEST(SeriesDb, DropsTheOldestWhenTooManyWaitAndCountsThem) {
  const Scratch scratch;
  SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
  const SeriesId rss = writer.add("rss", "bytes");
  const FullDisk full;
  for (int i = 0; i < 1'000'007; ++i) writer.append(rss, i, i);
  EXPECT_THAT(writer.trouble(), HasSubstr("7 points were dropped"));
}

// Even when its points are overdue.
TEST(SeriesDb, NeverWritesPartOfARow) {
  const Scratch scratch;
  SeriesWriter writer = SeriesWriter::open(scratch.path / "s");
  const SeriesId rss = writer.add("rss", "bytes");
  const SeriesId life = writer.add("life", "count");
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // the longest wait, and more
  writer.append(rss, 1000, 5);
  EXPECT_THAT(read_series(scratch.path / "s"), testing::IsEmpty());
  writer.append(life, 1000, 1);
  writer.append(rss, 2000, 6);
  const std::vector<Series> read = read_series(scratch.path / "s");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].points.size(), 1U);
  EXPECT_EQ(read[1].points.size(), 1U);
}

// As a writer leaves it that is killed as it starts.
TEST(SeriesDb, GoesOnWithAFileWithoutTables) {
  const Scratch scratch;
  Database(scratch.path / "new", Database::Access::kWrite).run("PRAGMA journal_mode = WAL");
  SeriesWriter::open(scratch.path / "new").add("rss", "bytes");
  EXPECT_THAT(error_from_reading(scratch.path / "new"), "no error");
}

TEST(SeriesDb, NamesWhatIsNoSeriesFile) {
  const Scratch scratch;
  EXPECT_THAT(error_from_reading(scratch.path / "x"), HasSubstr("no such series file"));
  write_file(scratch.path / "text", std::string(5000, 'x'));
  EXPECT_THAT(error_from_reading(scratch.path / "text"), HasSubstr("text: file is not a database"));
  Database(scratch.path / "other", Database::Access::kWrite).run("CREATE TABLE t (a)");
  EXPECT_THAT(error_from_reading(scratch.path / "other"), HasSubstr("not one of series"));
  EXPECT_THROW(SeriesWriter::open(scratch.path / "other"), Error);
}

TEST(SeriesDb, NamesBothVersionsWhenItIsTooOld) {
  const Scratch scratch;
  SeriesWriter::open(scratch.path / "s.db");
  Database(scratch.path / "s.db", Database::Access::kWrite).run("PRAGMA user_version = 9");
  EXPECT_THAT(error_from_reading(scratch.path / "s.db"),
              HasSubstr("version 9 of series.db; this tool knows version 2"));
}

TEST(SeriesDb, EveryCutGivesAnErrorOrSeries) {
  const Scratch scratch;
  {
    SeriesWriter writer = SeriesWriter::open(scratch.path / "s.db");
    const SeriesId rss = writer.add("rss", "bytes");
    for (int i = 0; i < 2000; ++i) writer.append(rss, i, i);
  }
  const std::string whole(read_file(scratch.path / "s.db").bytes());
  for (std::size_t length = 0; length < whole.size(); length += 997) {
    write_file(scratch.path / "cut.db", whole.substr(0, length));
    EXPECT_NE(error_from_reading(scratch.path / "cut.db"), "no error") << length;
  }
}

}  // namespace
}  // namespace tidemark
