#include "tools/signoff/facts/run_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/hlog.h"
#include "lib/report/findings_json.h"
#include "lib/run/load_file.h"
#include "lib/run/run_directory.h"
#include "lib/run/series_db.h"
#include "tests/lib/scratch.h"

namespace tidemark::signoff {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::int64_t kStart = 1'763'710'000'000;
constexpr int kSeconds = 40;

load::LabelResult label(const std::string& name, const std::string& stage, int seconds) {
  load::LabelResult out{.label = name, .stage = stage, .done = seconds * 100};
  for (int i = 0; i < seconds * 100; ++i) out.response.record(1'000'000 + (i % 100) * 10'000);
  return out;
}

// What pressure leaves of 40 s with two stages.
load::RunResult load_result() {
  load::RunResult out{.scenario = "s.toml", .start_ms = kStart, .end_ms = kStart + 40'000};
  out.stages = {{.name = "low", .start_ms = kStart, .end_ms = kStart + 20'000},
                {.name = "high", .start_ms = kStart + 20'000, .end_ms = kStart + 40'000}};
  for (const char* stage : {"low", "high"}) {
    out.labels.push_back(label("search", stage, 20));
    out.labels.push_back(label("", stage, 20));
  }
  out.labels.push_back(label("search", "", 40));
  out.labels.push_back(label("", "", 40));
  return out;
}

class Left {
 public:
  explicit Left(Run run)
      : directory_(RunDirectory::create(path(), std::move(run), FormerRun::kKeep)) {
    directory_.run().started_ms = kStart;
  }

  Left& load(const load::RunResult& result) {
    write_file(path() / "load.json", to_json(result));
    load::IntervalLog log(path() / "load.hlog", kStart);
    for (int i = 0; i < kSeconds; ++i) {
      log.write("", kStart + i * 1000, 1000, label("", "", 1).response);
    }
    return *this;
  }

  Left& series() {
    SeriesWriter writer = SeriesWriter::open(path() / "series.db");
    for (const auto& [name, unit] : {std::pair{"rss", "bytes"}, {"load.rate", "count"}}) {
      const SeriesId id = writer.add(name, unit);
      for (int i = 0; i < kSeconds; ++i) {
        writer.append(id, kStart + i * 1000, (name[0] == 'r' ? 5'000'000 : 100) + i % 3);
      }
    }
    return *this;
  }

  Left& findings(const Document& document) {
    write_file(path() / "findings.json", to_json(document));
    return *this;
  }

  RunFacts ended() {
    directory_.end();
    return read_run_facts(path());
  }
  RunDirectory& directory() { return directory_; }
  fs::path path() const { return scratch_.path / "run"; }

 private:
  Scratch scratch_;
  RunDirectory directory_;
};

std::optional<budget::Measure> asked(const RunFacts& facts, std::string metric,
                                     std::string label = "", std::string stage = "") {
  return measure_of(
      facts, {.label = std::move(label), .metric = std::move(metric), .stage = std::move(stage)},
      nullptr);
}

TEST(RunFacts, OfALoadHaveItsNumbersInEachStage) {
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(load_result()).series().ended();
  EXPECT_EQ(facts.verdict, State::kPassed);
  EXPECT_NEAR(asked(facts, "p95")->value, 1.94e6, 0.01e6);
  EXPECT_GT(asked(facts, "p95")->error, 0);
  EXPECT_NEAR(asked(facts, "rate", "", "high")->value, 100, 1e-9);
  EXPECT_EQ(asked(facts, "errors", "search")->value, 0);
  EXPECT_NEAR(asked(facts, "rss.steady", "", "low")->value, 5'000'001, 1);
  EXPECT_EQ(facts.charts.front().name, "rate");
}

TEST(RunFacts, MeasuresAreSorted) {
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(load_result()).series().ended();
  EXPECT_TRUE(std::ranges::is_sorted(facts.measures, {}, &budget::Measure::metric));
}

TEST(RunFacts, AnyPercentileIsThereForWhoAsks) {
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(load_result()).series().ended();
  const auto p62 = asked(facts, "p62.5", "search", "low");
  ASSERT_TRUE(p62);
  EXPECT_EQ(p62->metric, "search.p62.5");
  EXPECT_NEAR(p62->value, 1.62e6, 0.01e6);
  EXPECT_GT(p62->error, 0);
  EXPECT_FALSE(asked(facts, "p62.5", "serach", "low"));
  EXPECT_FALSE(asked(facts, "p162"));
}

TEST(RunFacts, ALabelIsAtMostAsSureAsAllRequests) {
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(load_result()).series().ended();
  EXPECT_GE(asked(facts, "p50", "search")->error, asked(facts, "p50")->error);
  EXPECT_GT(asked(facts, "p50", "search", "low")->error, 0);
}

TEST(RunFacts, UnderAProfilerLatenciesAreNotApplicable) {
  load::RunResult slowed = load_result();
  slowed.under = "memcheck";
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(slowed).series().ended();
  EXPECT_THAT(asked(facts, "p95")->not_applicable, HasSubstr("memcheck"));
  EXPECT_THAT(asked(facts, "p62")->not_applicable, HasSubstr("memcheck"));
  EXPECT_THAT(asked(facts, "rate")->not_applicable, HasSubstr("memcheck"));
  EXPECT_EQ(asked(facts, "errors")->not_applicable, "");
}

TEST(RunFacts, ADriverThatWasLateHasNoLatencies) {
  load::RunResult late = load_result();
  late.ending = load::Ending::kNotValid;
  late.why = "this driver was too late to send";
  Left left({.tool = "pressure"});
  const RunFacts facts = left.load(late).series().ended();
  EXPECT_EQ(facts.verdict, State::kInconclusive);
  EXPECT_FALSE(asked(facts, "p95"));
  EXPECT_TRUE(asked(facts, "errors"));
  EXPECT_THAT(facts.warnings, Contains(HasSubstr("too late to send")));
}

TEST(RunFacts, ALoadThatWasStoppedIsNotDone) {
  for (const auto ending : {load::Ending::kGuard, load::Ending::kInterrupted}) {
    load::RunResult stopped = load_result();
    stopped.ending = ending;
    Left left({.tool = "pressure"});
    EXPECT_EQ(left.load(stopped).series().ended().verdict, State::kNotDone);
  }
}

TEST(RunFacts, ARunThatGoesOnIsNotDone) {
  Left left({.tool = "pressure"});
  left.load(load_result()).series();
  left.directory().save();
  const RunFacts facts = read_run_facts(left.path());
  EXPECT_EQ(facts.verdict, State::kNotDone);
  EXPECT_THAT(facts.warnings.at(0), HasSubstr("still going on"));
}

TEST(RunFacts, WhatIsMissingIsSaid) {
  for (const char* tool : {"pressure", "memprof", "leakwatch"}) {
    Left left({.tool = tool});
    const RunFacts facts = left.ended();
    EXPECT_EQ(facts.verdict, State::kNotDone) << tool;
    EXPECT_TRUE(facts.measures.empty()) << tool;
    EXPECT_GE(facts.warnings.size(), 2U) << tool;
    EXPECT_FALSE(facts.verdict_text.empty()) << tool;
  }
}

TEST(RunFacts, ADirectoryThatIsNoRunIsAnError) {
  const Scratch scratch;
  EXPECT_THROW(read_run_facts(scratch.path), Error);
}

TEST(RunFacts, KnowWhereTheyWereMeasured) {
  Left left({.tool = "memprof",
             .tool_version = "1.2",
             .target_build_id = "abc",
             .backend = "massif",
             .backend_version = "3.19",
             .environment = {{"LD_PRELOAD", "/usr/lib/libjemalloc.so.2"}}});
  const auto environment = left.series().ended().environment;
  EXPECT_EQ(environment.at("tool"), "memprof 1.2");
  EXPECT_EQ(environment.at("backend"), "massif 3.19");
  EXPECT_EQ(environment.at("build id"), "abc");
  EXPECT_EQ(environment.at("allocator"), "jemalloc");
  EXPECT_TRUE(environment.contains("kernel"));
}

// Reads what is left of a run when one of its files is cut off, or has a byte changed: never a
// crash, and a warning unless all that was measured is there (SQLite ends its files with pages
// that hold nothing).
void read_damaged(Left& left, const std::string& name) {
  const std::size_t all = left.ended().measures.size();
  const fs::path path = left.path() / name;
  const std::string whole(read_file(path).bytes());
  const std::size_t step = std::max<std::size_t>(whole.size() / 8, 1);
  for (std::size_t at = 0; at < whole.size(); at += step) {
    write_file(path, whole.substr(0, at));
    const RunFacts cut = read_run_facts(left.path());
    EXPECT_TRUE(!cut.warnings.empty() || cut.measures.size() == all) << name << " cut at " << at;
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    write_file(path, changed);
    read_run_facts(left.path());
  }
}

TEST(RunFacts, NumbersThatNobodyCountedAreAWarning) {
  load::RunResult much = load_result();
  much.labels.back().done = INT64_MAX;
  much.labels.back().failures.at(1) = 1;
  load::RunResult negative = load_result();
  negative.labels.back().done = -1;
  for (const load::RunResult& wicked : {much, negative}) {
    Left left({.tool = "pressure"});
    const RunFacts facts = left.load(wicked).series().ended();
    EXPECT_FALSE(asked(facts, "rate"));
    EXPECT_FALSE(facts.warnings.empty());
    EXPECT_EQ(facts.verdict, State::kNotDone);
    EXPECT_EQ(facts.verdict_text, "what it left cannot be read");
  }
}

TEST(RunFacts, DamagedFilesAreWarnings) {
  Left loaded({.tool = "pressure"});
  loaded.load(load_result()).series();
  read_damaged(loaded, "load.json");
  loaded.load(load_result());
  read_damaged(loaded, "load.hlog");
  loaded.load(load_result());
  read_damaged(loaded, "series.db");

  Left profiled({.tool = "memprof", .backend = "memcheck"});
  profiled.series().findings({.sites = {{.kind = FindingKind::kDefiniteLeak, .bytes = 10}}});
  read_damaged(profiled, "findings.json");
}

}  // namespace
}  // namespace tidemark::signoff
