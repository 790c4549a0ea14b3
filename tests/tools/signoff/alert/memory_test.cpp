#include "tools/signoff/alert/memory.h"

#include <gmock/gmock.h>

#include "tests/lib/scratch.h"

namespace tidemark::signoff {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Incident kIncident{.id = "7",
                         .state = "failed",
                         .since_ms = 1,
                         .told_ms = 2,
                         .problems = {{.phase = "normal", .rule = "p95 < 1ms"}}};

TEST(AlertMemory, KnowsTheNextNightWhatWasTold) {
  const Scratch scratch;
  const auto path = scratch.path / "new" / "nightly.json";
  AlertMemory(path, "nightly", milliseconds(0)).keep("a", kIncident);
  const AlertMemory later(path, "nightly", milliseconds(0));
  EXPECT_EQ(later.told("a").id, "7");
  EXPECT_EQ(later.told("a").told_ms, 2);
  EXPECT_EQ(later.told("a").problems, kIncident.problems);
  EXPECT_FALSE(later.told("b").open());
  EXPECT_THAT(later.warnings(), IsEmpty());
}

TEST(AlertMemory, ForgetsWhatIsOver) {
  const Scratch scratch;
  AlertMemory(scratch.path / "n", "nightly", milliseconds(0)).keep("a", kIncident);
  AlertMemory(scratch.path / "n", "nightly", milliseconds(0)).keep("a", {});
  EXPECT_FALSE(AlertMemory(scratch.path / "n", "nightly", milliseconds(0)).told("a").open());
}

TEST(AlertMemory, GoesOnWithoutOneThatIsDamaged) {
  for (const char* const text : {"", "{", "[]", R"({"format":"other","version":1})",
                                 R"({"format":"tidemark-alert-memory","version":9})"}) {
    const Scratch scratch;
    write_file(scratch.path / "n", text);
    AlertMemory memory(scratch.path / "n", "nightly", milliseconds(0));
    EXPECT_THAT(memory.warnings(), ElementsAre(HasSubstr("what was told before is not known: ")));
    memory.keep("a", kIncident);
    EXPECT_TRUE(AlertMemory(scratch.path / "n", "nightly", milliseconds(0)).told("a").open());
  }
}

TEST(AlertMemory, WaitsForAnotherRunButNotForEver) {
  const Scratch scratch;
  const AlertMemory first(scratch.path / "n", "nightly", milliseconds(0));
  const AlertMemory second(scratch.path / "n", "nightly", milliseconds(50));
  EXPECT_THAT(second.warnings(), ElementsAre(HasSubstr("another run has it")));
}

TEST(AlertMemory, IsAFileForEachNameFlavourAndScale) {
  const auto path = [](const SignoffResult& result) { return alert_memory_of("/h/a.db", result); };
  const SignoffResult night{.campaign = "../night ly", .flavour = "release"};
  SignoffResult rehearsal = night;
  rehearsal.scale = 0.01;
  EXPECT_EQ(path(night).parent_path(), "/h/a.db.alerts");
  EXPECT_THAT(path(night).filename().string(), testing::StartsWith("___night_ly-"));
  EXPECT_NE(path(night), path(rehearsal));
}

}  // namespace
}  // namespace tidemark::signoff
