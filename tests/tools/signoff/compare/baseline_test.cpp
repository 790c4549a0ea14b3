#include "tools/signoff/compare/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/run/run_directory.h"
#include "tests/lib/scratch.h"
#include "tests/tools/signoff/compare/made_runs.h"
#include "tools/signoff/report/result_json.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A run directory as memprof leaves it.
void leave_run(const fs::path& path, const std::string& backend = "memcheck") {
  fs::create_directories(path.parent_path());
  tidemark::Run run = made_run("").run;
  run.backend = backend;
  run.state = "running";
  RunDirectory directory = RunDirectory::create(path, run, tidemark::FormerRun::kKeep);
  directory.end();
}

std::vector<std::string> names_of(const Baseline& baseline) {
  std::vector<std::string> names;
  for (const BaselineRun& run : baseline.runs)
    names.push_back(fmt::format("{}/{}.{}", run.phase, run.name, run.repetition));
  return names;
}

std::string problem_of(const fs::path& path) {
  try {
    read_baseline(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Baseline, IsARunDirectory) {
  const Scratch scratch;
  const fs::path path = scratch.path / "memcheck.3";
  leave_run(path);
  const Baseline baseline = read_baseline(path);
  EXPECT_FALSE(baseline.campaign);
  EXPECT_THAT(names_of(baseline), ElementsAre("/memcheck.3"));
}

TEST(Baseline, IsADirectoryOfRunDirectories) {
  const Scratch scratch;
  const fs::path& path = scratch.path;
  leave_run(path / "memcheck.2");
  leave_run(path / "memcheck.1");
  leave_run(path / "massif", "massif");
  fs::create_directories(path / "notes");
  EXPECT_THAT(names_of(read_baseline(path)),
              ElementsAre("/massif.1", "/memcheck.1", "/memcheck.2"));
}

TEST(Baseline, OfACampaignHasTheRunsThatCountByPhase) {
  const Scratch scratch;
  const fs::path& path = scratch.path;
  const std::string where = "runs/redis/normal/";
  leave_run(path / (where + "memcheck.1"));
  leave_run(path / (where + "memcheck.1.attempt2"));
  SignoffResult result{.campaign = "nightly", .version = "1.4.1", .scale = 0.5, .ended_ms = 1};
  PhaseResult phase{.target = "redis", .name = "normal"};
  phase.runs.push_back({.name = "memcheck", .directory = where + "memcheck.1", .superseded = true});
  phase.runs.push_back(
      {.name = "memcheck", .attempt = 2, .directory = where + "memcheck.1.attempt2"});
  result.phases.push_back(phase);
  write_result(path, result);

  const Baseline baseline = read_baseline(path);
  EXPECT_TRUE(baseline.campaign);
  EXPECT_EQ(baseline.version, "1.4.1");
  EXPECT_DOUBLE_EQ(baseline.scale, 0.5);
  EXPECT_THAT(names_of(baseline), ElementsAre("redis/normal/memcheck.1"));
  EXPECT_THAT(baseline.runs[0].facts.directory.string(), HasSubstr("attempt2"));
  EXPECT_THAT(baseline.facts_for("redis/normal", "memcheck", {}), SizeIs(1));
  EXPECT_THAT(baseline.facts_for("redis/other", "memcheck", {}), IsEmpty());
}

TEST(Baseline, DoesNotFollowACampaignOutOfItsDirectory) {
  const Scratch scratch;
  const fs::path& path = scratch.path;
  leave_run(path / "elsewhere");
  leave_run(path / "night/runs/p/a.1");
  SignoffResult result{.campaign = "nightly", .ended_ms = 1};
  PhaseResult phase{.name = "p"};
  phase.runs.push_back({.name = "bad", .directory = "../elsewhere"});
  phase.runs.push_back({.name = "a", .directory = "runs/p/a.1"});
  phase.runs.push_back({.name = "gone", .tool = "memprof", .directory = "runs/p/gone.1"});
  phase.runs.push_back({.name = "made", .tool = "command", .directory = "runs/p/made.1"});
  result.phases.push_back(phase);
  write_result(path / "night", result);
  const Baseline baseline = read_baseline(path / "night");
  EXPECT_THAT(names_of(baseline), ElementsAre("p/a.1"));
  EXPECT_THAT(baseline.warnings, Contains(HasSubstr("outside")));
  EXPECT_THAT(baseline.warnings, Contains(HasSubstr("gone: it left no run directory")));
  EXPECT_THAT(baseline.warnings, Not(Contains(HasSubstr("made"))));
}

TEST(Baseline, SaysWhatItExpected) {
  const Scratch scratch;
  const fs::path& path = scratch.path;
  EXPECT_THAT(problem_of(path / "missing"), HasSubstr("found nothing"));
  EXPECT_THAT(problem_of(path), HasSubstr("neither a campaign's directory"));
  write_file(path / "file", "x");
  EXPECT_THAT(problem_of(path / "file"), HasSubstr("found a file"));
}

TEST(Baseline, WithNoRunThatCanBeReadIsAnError) {
  const Scratch scratch;
  const fs::path& path = scratch.path;
  fs::create_directories(path / "a");
  write_file(path / "a/run.json", "{");
  EXPECT_THAT(problem_of(path), HasSubstr("no run in it can be read"));
}

TEST(Baseline, KnowsWhatWasFoundInAPhase) {
  Baseline baseline;
  for (const char* phase : {"a", "b"}) {
    RunFacts facts = made_run(phase);
    facts.sites = {made_site(FindingKind::kRace, std::string("race in ") + phase),
                   made_site(FindingKind::kRace, "everywhere")};
    baseline.runs.push_back({.phase = phase, .name = "helgrind", .facts = facts});
  }
  EXPECT_THAT(baseline.known_in("a"), ElementsAre("everywhere", "race in a"));
}

TEST(Baseline, ThatIsNoCampaignServesRunsOfItsKind) {
  const Baseline baseline = made_side("side", {made_run("a")});
  tidemark::Run like = made_run("b").run;
  EXPECT_THAT(baseline.facts_for("any/phase", "any", like), SizeIs(1));
  like.backend = "massif";
  EXPECT_THAT(baseline.facts_for("any/phase", "any", like), IsEmpty());
}

}  // namespace
}  // namespace tidemark::signoff
