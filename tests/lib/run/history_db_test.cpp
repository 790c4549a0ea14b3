#include "lib/run/history_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <future>
#include <limits>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/run/sqlite.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HistoryEntry night(std::int64_t started_ms, const std::string& version = "1.0") {
  return {.campaign = "nightly",
          .version = version,
          .commit = "1c3f",
          .host = "here",
          .flavour = "release",
          .directory = "/runs/" + version,
          .scale = 0.01,
          .started_ms = started_ms,
          .ended_ms = started_ms + 5,
          .state = "passed",
          .score = 97.5,
          .phases = {{.phase = "redis/normal", .state = "passed", .duration_ms = 5}},
          .measures = {{.phase = "redis/normal",
                        .metric = "search.p95",
                        .stage = "steady",
                        .unit = "ns",
                        .value = 1.5e6,
                        .error = 0.25}},
          .rules = {{.phase = "redis/normal",
                     .rule = "p95 < 2ms",
                     .state = "passed",
                     .value = 1.5,
                     .low = 1,
                     .high = 2,
                     .limit = 2}}};
}

std::vector<std::string> versions_of(const std::vector<HistoryEntry>& entries) {
  std::vector<std::string> out;
  for (const HistoryEntry& entry : entries) out.push_back(entry.version);
  return out;
}

std::string error_of(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "no error";
}

std::string reading_error(const fs::path& path) {
  return error_of([&] { HistoryDb(path, HistoryDb::Use::kRead).read({}); });
}

TEST(HistoryDb, ReadsBackWhatWasAdded) {
  const Scratch scratch;
  const fs::path path = scratch.path / "made for it" / "h ?#%.db";
  HistoryDb history(path);
  const std::int64_t id = history.add(night(1000));
  const std::vector<HistoryEntry> all = HistoryDb(path, HistoryDb::Use::kRead).read({});
  ASSERT_EQ(all.size(), 1U);
  const HistoryEntry& entry = all[0];
  EXPECT_EQ(entry.id, id);
  EXPECT_THAT((std::vector{entry.campaign, entry.version, entry.commit, entry.host, entry.flavour,
                           entry.directory, entry.state}),
              ElementsAre("nightly", "1.0", "1c3f", "here", "release", "/runs/1.0", "passed"));
  EXPECT_THAT((std::vector{entry.scale, entry.score}), ElementsAre(0.01, 97.5));
  EXPECT_THAT((std::vector{entry.started_ms, entry.ended_ms}), ElementsAre(1000, 1005));
  const HistoryMeasure& measure = entry.measures.at(0);
  EXPECT_EQ(measure.phase + " " + measure.metric + " " + measure.stage + " " + measure.unit,
            "redis/normal search.p95 steady ns");
  EXPECT_THAT((std::vector{measure.value, measure.error}), ElementsAre(1.5e6, 0.25));
  const HistoryRule& rule = entry.rules.at(0);
  EXPECT_EQ(rule.phase + " " + rule.rule + " " + rule.state, "redis/normal p95 < 2ms passed");
  EXPECT_THAT((std::vector{rule.value, rule.low, rule.high, rule.limit}),
              ElementsAre(1.5, 1, 2, 2));
  const HistoryPhase& phase = entry.phases.at(0);
  EXPECT_EQ(phase.phase + " " + phase.state, "redis/normal passed");
  EXPECT_EQ(phase.duration_ms, 5);
}

TEST(HistoryDb, KeepsNumbersThatAreNone) {
  const Scratch scratch;
  HistoryDb history(scratch.path / "h.db");
  HistoryEntry entry = night(1);
  entry.measures[0].value = std::numeric_limits<double>::quiet_NaN();
  entry.measures[0].error = std::numeric_limits<double>::infinity();
  history.add(entry);
  const HistoryMeasure measure = history.read({}).at(0).measures.at(0);
  EXPECT_TRUE(std::isnan(measure.value));
  EXPECT_TRUE(std::isinf(measure.error));
}

TEST(HistoryDb, KeepsTextsOfAnyBytes) {
  const Scratch scratch;
  HistoryDb history(scratch.path / "h.db");
  HistoryEntry entry = night(1);
  entry.version = std::string("a\0\xff'\"", 5);
  entry.directory = entry.version;
  history.add(entry);
  EXPECT_EQ(history.read({}).at(0).version, entry.version);
  EXPECT_EQ(history.read({}).at(0).directory, entry.directory);
}

TEST(HistoryDb, ReplacesACampaignThatWasResumed) {
  const Scratch scratch;
  HistoryDb history(scratch.path / "h.db");
  const std::int64_t id = history.add(night(1000));
  history.add(night(2000, "1.1"));
  HistoryEntry resumed = night(1000);
  resumed.state = "failed";
  resumed.measures.clear();
  EXPECT_EQ(history.add(resumed), id);
  const std::vector<HistoryEntry> all = history.read({});
  ASSERT_THAT(versions_of(all), ElementsAre("1.0", "1.1"));
  EXPECT_EQ(all[0].state, "failed");
  EXPECT_THAT(all[0].measures, IsEmpty());
  EXPECT_EQ(all[0].rules.size(), 1U);
}

TEST(HistoryDb, GivesWhatIsAskedForTheOldestFirst) {
  const Scratch scratch;
  HistoryDb history(scratch.path / "h.db");
  history.add(night(3000, "c"));
  history.add(night(1000, "a"));
  history.add(night(2000, "b"));
  HistoryEntry other = night(4000, "d");
  other.campaign = "weekly";
  other.host = "there";
  other.scale = 1;
  history.add(other);
  EXPECT_THAT(versions_of(history.read({})), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(versions_of(history.read({.most = 2})), ElementsAre("c", "d"));
  EXPECT_THAT(versions_of(history.read({.campaign = "weekly"})), ElementsAre("d"));
  EXPECT_THAT(versions_of(history.read({.campaign = "none"})), IsEmpty());
  EXPECT_THAT(versions_of(history.read({.host = "here"})), ElementsAre("a", "b", "c"));
  EXPECT_THAT(versions_of(history.read({.scale = 0.01})), ElementsAre("a", "b", "c"));
  EXPECT_THAT(versions_of(history.read({.since_ms = 2000})), ElementsAre("b", "c", "d"));
}

TEST(HistoryDb, PrunesOldEntriesAndTheirNames) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  HistoryDb history(path);
  history.add(night(1000, "old"));
  history.add(night(2000, "new"));
  EXPECT_EQ(history.prune(2000), 1U);
  EXPECT_EQ(history.prune(2000), 0U);
  EXPECT_THAT(versions_of(history.read({})), ElementsAre("new"));
  EXPECT_EQ(history.read({}).at(0).measures.size(), 1U);
  Database database(path, Database::Access::kRead);
  EXPECT_EQ(database.number("SELECT count(*) FROM names WHERE name = 'old'"), 0);
  EXPECT_EQ(database.number("SELECT count(*) FROM measures"), 1);
}

TEST(HistoryDb, AMeasureTakesLessThanFiftyBytes) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  {
    HistoryDb history(path);
    HistoryEntry entry = night(1);
    entry.measures.resize(100, entry.measures[0]);
    for (int i = 0; i < 100; ++i) {
      entry.started_ms = i;
      history.add(entry);
    }
  }
  EXPECT_LT(fs::file_size(path), 100U * 100 * 50);
}

TEST(HistoryDb, ManyMayMakeItAtOnce) {
  const Scratch scratch;
  const fs::path path = scratch.path / "new" / "h.db";
  std::vector<std::future<std::int64_t>> writers;
  writers.reserve(16);
  for (int i = 0; i < 16; ++i) {
    writers.push_back(std::async(std::launch::async, [&path, i] {
      return HistoryDb(path).add(night(i, std::to_string(i)));
    }));
  }
  for (auto& writer : writers) EXPECT_GT(writer.get(), 0);
  EXPECT_EQ(HistoryDb(path, HistoryDb::Use::kRead).read({}).size(), 16U);
}

TEST(HistoryDb, GoesOnWithAFileThatItsMakerDidNotFinish) {
  const Scratch scratch;
  write_file(scratch.path / "h.db", "");
  EXPECT_THAT(HistoryDb(scratch.path / "h.db", HistoryDb::Use::kRead).read({}), IsEmpty());
  HistoryDb history(scratch.path / "h.db");
  history.add(night(1));
  EXPECT_EQ(history.read({}).size(), 1U);
}

TEST(HistoryDb, IsNotMadeByReading) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  EXPECT_THAT(reading_error(path), HasSubstr("h.db: no such history"));
  EXPECT_FALSE(fs::exists(path));
}

TEST(HistoryDb, NamesBothVersionsOfALaterFile) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  { HistoryDb(path).add(night(1)); }
  Database(path, Database::Access::kWrite).run("PRAGMA user_version = 7");
  const auto both = HasSubstr("version 7 of history.db; this tool knows version 1");
  EXPECT_THAT(reading_error(path), both);
  EXPECT_THAT(error_of([&] { HistoryDb{path}; }), both);
}

TEST(HistoryDb, LeavesOtherDatabasesAlone) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  Database(path, Database::Access::kWrite).run("CREATE TABLE cakes (name)");
  const std::string before(read_file(path).bytes());
  EXPECT_THAT(error_of([&] { HistoryDb{path}; }), HasSubstr("an SQLite file, but no history"));
  EXPECT_EQ(read_file(path).bytes(), before);
}

TEST(HistoryDb, SaysWhatToDoWithADamagedFile) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  {
    HistoryDb history(path);
    for (int i = 0; i < 50; ++i) history.add(night(i));
  }
  std::string bytes(read_file(path).bytes());
  bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\x5a');
  write_file(path, bytes);
  EXPECT_THAT(reading_error(path), AllOf(HasSubstr("h.db"), HasSubstr("damaged"),
                                         HasSubstr("move it away"), HasSubstr(".recover")));
  EXPECT_THAT(error_of([&] { HistoryDb(path).add(night(60)); }), HasSubstr("damaged"));
  write_file(path, "a letter to a friend\n");
  EXPECT_THAT(error_of([&] { HistoryDb{path}; }), HasSubstr("damaged, or no history"));
  write_file(path, bytes.substr(0, 5000));
  EXPECT_THAT(reading_error(path), HasSubstr("damaged"));
}

TEST(HistoryDb, ADirectoryThatCannotBeMadeIsNamed) {
  const Scratch scratch;
  write_file(scratch.path / "file", "");
  EXPECT_THAT(error_of([&] { HistoryDb(scratch.path / "file" / "h.db"); }),
              HasSubstr((scratch.path / "file").string() + ": Not a directory"));
  EXPECT_THAT(error_of([&] { HistoryDb{scratch.path}; }), HasSubstr("unable to open"));
}

// Runs `work` as a user who may not write what root may; 0: it went well.
int as_nobody(const auto& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(100);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(HistoryDb, CanBeReadWhereNothingMayBeWritten) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  { HistoryDb(path).add(night(1)); }
  ::chmod(path.c_str(), 0444);
  ::chmod(scratch.path.c_str(), 0555);
  const auto reads = [&] {
    return HistoryDb(path, HistoryDb::Use::kRead).read({}).size() == 1 &&
           !fs::exists(path.string() + "-wal");
  };
  EXPECT_EQ(as_nobody(reads), 0);
  const auto is_told = [&] {
    return error_of([&] { HistoryDb(path).add(night(2)); }).find("must be writable") !=
               std::string::npos &&
           error_of([&] { HistoryDb(scratch.path / "new.db"); }).find("must be writable") !=
               std::string::npos;
  };
  EXPECT_EQ(as_nobody(is_told), 0);
  ::chmod(scratch.path.c_str(), 0755);
}

TEST(HistoryDb, ReadsWhatAKilledWriterLeft) {
  const Scratch scratch;
  const fs::path path = scratch.path / "h.db";
  const pid_t child = ::fork();
  if (child == 0) {
    HistoryDb history(path);
    history.add(night(1));
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::exists(path.string() + "-wal"));
  EXPECT_EQ(HistoryDb(path, HistoryDb::Use::kRead).read({}).size(), 1U);
}

}  // namespace
}  // namespace tidemark
