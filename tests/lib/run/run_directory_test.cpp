#include "lib/run/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;

std::string error_from(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Run sample() {
  return {.tool = "memprof",
          .tool_version = "0.1.0",
          .command = {"memprof", "run"},
          .target = {"redis-server", "--port", "0"},
          .target_build_id = "abc",
          .backend = "memcheck",
          .backend_version = "3.19",
          .environment = {{"A", "b"}},
          .host = "host",
          .kernel = "Linux",
          .state = "ended",
          .writer_pid = 12,
          .writer_ticks = 34,
          .boot_id = "boot",
          .started_ms = 1'763'710'000'000,
          .ended_ms = 1'763'710'000'001,
          .end = {.kind = EndKind::kStopped, .code = -15, .why = "asked"},
          .load = {"wrk"},
          .load_end = {.kind = EndKind::kExited, .code = 1, .why = "exit code 1"},
          .cut_short = "interrupted",
          .notes = {"one", "two"},
          .files = {{.path = "raw/a.xml", .format = "memcheck", .pid = 7}}};
}

RunDirectory make(const std::filesystem::path& path, FormerRun former = FormerRun::kKeep) {
  return RunDirectory::create(path, {.tool = "memprof"}, former);
}

TEST(RunJson, ReadsBackWhatWasWritten) {
  EXPECT_EQ(run_from_json("run.json", to_json(sample())), sample());
}

TEST(RunJson, WritesAnyBytesOfACommandLine) {
  auto run = sample();
  run.command = {"a\xff\x01\"\n"};
  EXPECT_EQ(run_from_json("x", to_json(run)).command.at(0), "a\xef\xbf\xbd\x01\"\n");
}

TEST(RunJson, NamesBothVersionsWhenItIsTooOld) {
  EXPECT_EQ(error_from([] { run_from_json("f", R"({"format":"tidemark-run","version":9})"); }),
            "f: written as version 9 of run.json; this tool knows version 1");
}

TEST(RunJson, NamesWhatIsWrong) {
  struct Row {
    std::string members;
    std::string message;
  };
  for (const Row& row : {
           Row{R"("tool":1)", "f: expected a text as tool, found 1"},
           Row{R"("writer_pid":1.5)", "f: expected an integer as writer_pid, found 1.5"},
           Row{R"("writer_pid":18446744073709551615)",
               "f: expected an integer as writer_pid, found 18446744073709551615"},
           Row{R"("command":"x")", "f: expected a list as command, found 'x'"},
           Row{R"("end":[])", "f: expected an object as end, found array"},
           Row{R"("end":{"code":4294967296})",
               "f: expected a small integer as end.code, found 4294967296"},
           Row{R"("end":{"kind":"lost"})", "expected a way to end such as 'exited', found 'lost'"},
           Row{R"("state":"maybe")", "f: expected 'running' or 'ended' as state, found 'maybe'"},
           Row{R"("files":[{"path":"../../etc/passwd"}])",
               "f: expected a path inside the run directory as files, found '../../etc/passwd'"},
           Row{R"("files":[{"path":"/etc/passwd"}])",
               "f: expected a path inside the run directory as files, found '/etc/passwd'"},
       }) {
    const std::string text = R"({"format":"tidemark-run","version":1,)" + row.members + "}";
    EXPECT_EQ(error_from([&] { run_from_json("f", text); }), row.message);
  }
}

TEST(RunJson, EveryPrefixIsAnErrorWithAName) {
  const std::string text = to_json(sample());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_THAT(error_from([&] { run_from_json("f", text.substr(0, length)); }), HasSubstr("f+0x"));
  }
}

TEST(RunJson, SurvivesDeepNesting) {
  EXPECT_NE(error_from([] { run_from_json("f", std::string(1'000'000, '[')); }), "no error");
}

TEST(RunDirectory, IsReadableFromTheFirstMoment) {
  const Scratch scratch;
  const RunDirectory directory = make(scratch.path / "new");
  const StoredRun stored = read_run(directory.path());
  EXPECT_EQ(stored.run, directory.run());
  EXPECT_EQ(stored.run.state, "running");
  EXPECT_EQ(stored.run.writer_pid, ::getpid());
  EXPECT_FALSE(stored.abandoned);
  EXPECT_TRUE(std::filesystem::is_directory(directory.raw()));
  EXPECT_EQ(read_run(directory.path() / "run.json").directory, directory.path());
}

TEST(RunDirectory, ListsAFileOnceAndSaysThatItEnded) {
  const Scratch scratch;
  RunDirectory directory = make(scratch.path);
  directory.list({.path = "raw/a", .format = "massif"});
  directory.list({.path = "raw/a", .format = "memcheck", .pid = 4});
  directory.end();
  const auto run = read_run(scratch.path).run;
  ASSERT_EQ(run.files.size(), 1);
  EXPECT_EQ(run.files[0].format, "memcheck");
  EXPECT_EQ(run.state, "ended");
  EXPECT_GE(run.ended_ms, run.started_ms);
}

TEST(RunDirectory, KnowsThatItsWriterDied) {
  const Scratch scratch;
  const pid_t writer = ::fork();
  if (writer == 0) {
    make(scratch.path / "run");
    ::_exit(0);
  }
  ::waitpid(writer, nullptr, 0);
  EXPECT_TRUE(read_run(scratch.path / "run").abandoned);
}

TEST(RunDirectory, KnowsThatItsWriterBelongsToAnotherBootOrIsAnotherProcess) {
  const Scratch scratch;
  RunDirectory directory = make(scratch.path);
  ++directory.run().writer_ticks;
  directory.save();
  EXPECT_TRUE(read_run(scratch.path).abandoned);
  directory.run().writer_ticks = 0;         // as older writers do
  directory.run().started_ms -= 3'600'000;  // before this process began
  directory.save();
  EXPECT_TRUE(read_run(scratch.path).abandoned);
  directory.run().started_ms += 3'600'000;
  directory.run().boot_id = "another";
  directory.save();
  EXPECT_TRUE(read_run(scratch.path).abandoned);
}

TEST(RunDirectory, KeepsAFormerRunUnlessToldOtherwise) {
  const Scratch scratch;
  make(scratch.path).end();
  write_file(scratch.path / "raw" / "old", "x");
  EXPECT_THAT(error_from([&] { make(scratch.path); }), HasSubstr("holds a former run"));
  make(scratch.path, FormerRun::kReplace);
  EXPECT_FALSE(std::filesystem::exists(scratch.path / "raw" / "old"));
}

TEST(RunDirectory, KnowsItsWriterWhateverTheClockWasSetTo) {
  const Scratch scratch;
  RunDirectory directory = make(scratch.path);
  directory.run().started_ms -= 3'600'000;
  directory.save();
  EXPECT_FALSE(read_run(scratch.path).abandoned);
}

TEST(RunDirectory, GoesOnWithARunWhoseWriterDied) {
  const Scratch scratch;
  const pid_t writer = ::fork();
  if (writer == 0) {
    make(scratch.path / "run");
    ::_exit(0);
  }
  ::waitpid(writer, nullptr, 0);
  RunDirectory::resume(scratch.path / "run");
  EXPECT_FALSE(read_run(scratch.path / "run").abandoned);
  EXPECT_THAT(error_from([&] { RunDirectory::resume(scratch.path / "run"); }),
              HasSubstr("is writing this run now"));
}

TEST(RunDirectory, NeverReplacesARunThatIsBeingWritten) {
  const Scratch scratch;
  const RunDirectory directory = make(scratch.path);
  EXPECT_THAT(error_from([&] { make(scratch.path, FormerRun::kReplace); }),
              HasSubstr("is writing this run now"));
}

TEST(RunDirectory, NeverTouchesFilesThatAreNoRun) {
  const Scratch scratch;
  write_file(scratch.path / "thesis.tex", "x");
  EXPECT_THAT(error_from([&] { make(scratch.path, FormerRun::kReplace); }),
              HasSubstr("no run of ours"));
  EXPECT_THAT(error_from([&] { make(scratch.path / "thesis.tex", FormerRun::kReplace); }),
              HasSubstr("this is a file"));
  EXPECT_EQ(read_file(scratch.path / "thesis.tex").bytes(), "x");
}

TEST(ReadRun, NamesWhatIsNoRun) {
  const Scratch scratch;
  EXPECT_THAT(error_from([&] { read_run(scratch.path); }), HasSubstr("no run directory"));
  EXPECT_THAT(error_from([&] { read_run(scratch.path / "x"); }), HasSubstr("no such run"));
}

TEST(StaysInside, OnlyARelativePathThatNeverGoesUp) {
  EXPECT_TRUE(stays_inside("raw/massif.out"));
  EXPECT_TRUE(stays_inside("..a/b.."));
  for (const std::string& path : {std::string(), std::string("/etc/passwd"), std::string("../a"),
                                  std::string("a/../../b"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(stays_inside(path)) << path;
  }
}

}  // namespace
}  // namespace tidemark
