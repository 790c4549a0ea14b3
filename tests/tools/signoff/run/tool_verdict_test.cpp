#include "tools/signoff/run/tool_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/report/findings_json.h"
#include "lib/run/load_file.h"
#include "tests/lib/scratch.h"

namespace tidemark::signoff {
namespace {

struct Row {
  std::string tool;
  int code;
  State state;
  bool again;
};

class ToolVerdicts : public testing::TestWithParam<Row> {};

TEST_P(ToolVerdicts, FollowFromTheExitCode) {
  const Row& row = GetParam();
  const End end{.kind = EndKind::kExited, .code = row.code};
  const ToolVerdict verdict = verdict_of(row.tool, end, "/nowhere", "/nowhere.log");
  EXPECT_EQ(verdict.state, row.state) << row.tool << " " << row.code;
  EXPECT_EQ(verdict.again, row.again) << row.tool << " " << row.code;
}

INSTANTIATE_TEST_SUITE_P(
    All, ToolVerdicts,
    testing::Values(
        Row{"memprof", 0, State::kPassed, false}, Row{"memprof", 1, State::kFailed, false},
        Row{"memprof", 2, State::kNotDone, false}, Row{"memprof", 3, State::kNotDone, true},
        Row{"leakwatch", 4, State::kInconclusive, false}, Row{"memprof", 99, State::kNotDone, true},
        Row{"pressure", 1, State::kFailed, false}, Row{"pressure", 3, State::kNotDone, true},
        Row{"pressure", 4, State::kInconclusive, true}, Row{"pressure", 5, State::kNotDone, true},
        Row{"command", 0, State::kPassed, false}, Row{"command", 2, State::kFailed, false},
        Row{"command", 3, State::kNotDone, true}, Row{"command", 22, State::kFailed, false},
        Row{"command", 127, State::kNotDone, true}));

TEST(ToolVerdict, AnyOtherEndIsNotDone) {
  for (const EndKind kind : {EndKind::kSignalled, EndKind::kKilled, EndKind::kNotStarted}) {
    const ToolVerdict verdict = verdict_of("command", {.kind = kind, .why = "why"}, "", "");
    EXPECT_EQ(verdict.state, State::kNotDone);
    EXPECT_EQ(verdict.why, "why");
  }
}

TEST(ToolVerdict, ATargetThatFailsUnderLoadIsAFinding) {
  const Scratch scratch;
  write_file(scratch.path / "load.json",
             to_json({.ending = load::Ending::kTargetFailed, .why = "it ended by SIGSEGV"}));
  const End end{.kind = EndKind::kExited, .code = 3};
  const ToolVerdict verdict = verdict_of("pressure", end, scratch.path, scratch.path / "log");
  EXPECT_EQ(verdict.why, "exit code 3, the target failed under it: it ended by SIGSEGV");
  EXPECT_EQ(verdict.state, State::kFailed);
  EXPECT_FALSE(verdict.again);
}

TEST(ToolVerdict, HasTheSentenceThatMemprofFound) {
  const Scratch scratch;
  Document document;
  document.verdict = Verdict::kFailed;
  document.verdict_text = "the target ended with 78 before it was ready";
  write_file(scratch.path / "findings.json", to_json(document));
  const End end{.kind = EndKind::kExited, .code = 3};
  EXPECT_EQ(verdict_of("memprof", end, scratch.path, scratch.path / "log").why,
            "exit code 3, it could not be done: the target ended with 78 before it was ready");
}

TEST(ToolVerdict, QuotesWhatTheToolSaidLast) {
  const Scratch scratch;
  const End end{.kind = EndKind::kExited, .code = 3};
  const std::filesystem::path log = scratch.path / "log";
  write_file(log,
             "memprof: valgrind is not installed\n  hint: apt install valgrind\n\x1b[31mbye\n");
  EXPECT_EQ(verdict_of("memprof", end, "", log).why,
            "exit code 3, it could not be done: valgrind is not installed; apt install valgrind");
  EXPECT_EQ(verdict_of("command", end, "", log).why,
            "exit code 3, it could not be done: \\x1b[31mbye");
}

TEST(ToolVerdict, QuotesTheSentenceThatLeakwatchEndsWithAndNoTables) {
  const Scratch scratch;
  const End end{.kind = EndKind::kExited, .code = 4};
  const std::filesystem::path log = scratch.path / "log";
  write_file(log, "a table\nnot enough data: too few samples\n/run/dir: report.html\n");
  EXPECT_EQ(verdict_of("leakwatch", end, "/run/dir", log).why,
            "exit code 4, there was not enough to decide: not enough data: too few samples");
  EXPECT_EQ(verdict_of("memprof", end, "/run/dir", log).why,
            "exit code 4, there was not enough to decide");
}

TEST(ToolVerdict, APhaseIsTheWorstOfItsRunsThatCount) {
  const PhasePlan phase{.runs = {{.name = "a"}, {.name = "quiet", .verdict = false}}};
  const RunResult passed{.name = "a", .state = State::kPassed};
  const RunResult failed{.name = "a", .state = State::kFailed};
  const RunResult tried{.name = "a", .state = State::kNotDone, .superseded = true};
  const RunResult quiet{.name = "quiet", .state = State::kFailed};
  const RunResult missing{.name = "quiet", .state = State::kNotDone};
  const auto of = [&](std::vector<RunResult> runs) { return tool_state(phase, runs); };
  EXPECT_EQ(of({passed, tried}), State::kPassed);
  EXPECT_EQ(of({passed, failed, missing}), State::kFailed);
  EXPECT_EQ(of({passed, quiet}), State::kPassed);
  EXPECT_EQ(of({passed, missing}), State::kNotDone);
  EXPECT_EQ(of({quiet}), State::kNotApplicable);
}

}  // namespace
}  // namespace tidemark::signoff
