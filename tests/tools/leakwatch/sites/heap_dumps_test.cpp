#include "tools/leakwatch/sites/heap_dumps.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/parsers/heap_file_writer.h"
#include "tools/leakwatch/sites/dump_names.h"
#include "tools/leakwatch/sites/live_files.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(DumpName, TellsProcessesAndTheirOrder) {
  const auto text = [](std::string_view name) {
    const DumpName found = dump_name(name);
    return fmt::format("{} {}", found.process, found.sequence);
  };
  EXPECT_EQ(text("heap.0012.heap"), "heap 12");
  EXPECT_EQ(text("heap_4712.0001.heap.gz"), "heap_4712 1");
  EXPECT_EQ(text("jeprof.4711.3.i3.heap"), "jeprof.4711 3");
  EXPECT_EQ(text("xtleak.kcg.4711.2"), "xtleak.kcg.4711 2");
  EXPECT_EQ(text("snapshot-00060000-4711.txt"), "snapshot-4711 60000");
  EXPECT_EQ(text("heap_4711.000003.tmheap"), "heap_4711 3");
  EXPECT_EQ(text("heap.pb.gz"), " 0");
}

TEST(KeptName, IsKnownAgain) {
  EXPECT_EQ(kept_name(4711, 3, ".tmheap"), "heap_4711.000003.tmheap");
  EXPECT_TRUE(is_kept("raw/heap_4711.000003.tmheap"));
  EXPECT_TRUE(is_kept("raw/heap_4711.000003.heap"));
  EXPECT_FALSE(is_kept("raw/heap.0003.heap"));
  EXPECT_FALSE(is_kept("raw/heap_4711.0003.heap"));
}

class HeapDumps : public testing::Test {
 protected:
  HeapDumps() {
    std::string name = fs::temp_directory_path() / "tidemark-dumps-XXXXXX";
    dir_ = ::mkdtemp(name.data());
  }
  ~HeapDumps() override { fs::remove_all(dir_); }

  // A dump in which one site holds so much, of a program that lies at `base`.
  void write(const std::string& name, int bytes, int base = 0x10) {
    write_file(dir_ / name,
               fmt::format("heap profile: 1: {0} [1: {0}] @ heapprofile\n 1: {0} [1: {0}] @ "
                           "0x{1:x}00010 0x{1:x}00020\n\nMAPPED_LIBRARIES:\n{1:x}00000-{1:x}01000 "
                           "r-xp 00000000 00:00 1 /no/prog\n",
                           bytes, base));
  }

  // "ms life bytes" of each snapshot.
  std::vector<std::string> read(std::optional<std::chrono::milliseconds> every = 1000ms) {
    std::vector<std::string> all;
    read_heap_dumps({.paths = {dir_}, .every = every}, [&](HeapSnapshot&& snapshot) {
      all.push_back(fmt::format("{} {} {}", snapshot.taken.at_ms, snapshot.taken.life,
                                snapshot.profile.total()[1]));
    });
    return all;
  }

  fs::path dir_;
};

TEST_F(HeapDumps, AreReadInTheOrderOfTheirNumbers) {
  write("h.9.heap", 100);
  write("h.10.heap", 200);
  EXPECT_THAT(read(), testing::ElementsAre("0 0 100", "1000 0 200"));
}

TEST_F(HeapDumps, OfSeveralProcessesAreAddedUp) {
  write("h.1.heap", 100);
  write("h_7.1.heap", 10, 0x20);
  write("h.2.heap", 200);
  write("h_7.2.heap", 20, 0x20);
  EXPECT_THAT(read(), testing::ElementsAre("0 0 110", "1000 0 220"));
}

TEST_F(HeapDumps, OfAProcessThatEndedCountNoMore) {
  write("h.1.heap", 100);
  write("h_7.1.heap", 10, 0x20);
  write("h.2.heap", 200);
  EXPECT_THAT(read(), testing::ElementsAre("0 0 110", "1000 0 200"));
}

TEST_F(HeapDumps, BeginANewLifeWhereTheProgramLiesElsewhere) {
  write("h.1.heap", 100, 0x10);
  write("h.2.heap", 200, 0x10);
  write("h.3.heap", 50, 0x30);
  EXPECT_THAT(read(), testing::ElementsAre("0 0 100", "1000 0 200", "2000 1 50"));
}

TEST_F(HeapDumps, AreNotTimedByFilesThatWereAllWrittenAtOnce) {
  for (int i = 0; i < 9; ++i) write(fmt::format("h.{}.heap", i), 100);
  try {
    read(std::nullopt);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("their times are not those of the dumps"));
    EXPECT_THAT(error.hint(), HasSubstr("--every"));
  }
}

TEST_F(HeapDumps, LeaveOutWhatIsNoneWithoutFailing) {
  write("h.1.heap", 100);
  write_file(dir_ / "log.txt", "something else\n");
  write_file(dir_ / "h.2.heap", "heap profile: damaged\n");
  EXPECT_THAT(read(), testing::ElementsAre("0 0 100"));
}

TEST_F(HeapDumps, ThatAreNoneAtAllAreAnError) {
  write_file(dir_ / "log.txt", "something else\n");
  EXPECT_THROW(read(), Error);
}

TEST_F(HeapDumps, OfOurAgentTellWhatBecameOfEachBlock) {
  HeapFileWriter file;
  const std::uint32_t main = file.call(0, HeapFileWriter::place(0, 0x1100));
  const std::uint32_t site = file.site(file.call(main, HeapFileWriter::place(0, 0x1200)));
  file.block(site, 1000, 40 * HeapFileWriter::kSecond);
  file.freed(site, 1000, 0);
  write_file(dir_ / "heap_4711.000001.tmheap", file.bytes());
  write_file(dir_ / "heap_4711.000002.tmheap", file.bytes());
  std::vector<HeapSnapshot> all;
  read_heap_dumps({.paths = {dir_}, .every = 1000ms},
                  [&](HeapSnapshot&& snapshot) { all.push_back(std::move(snapshot)); });
  ASSERT_EQ(all.size(), 2U);
  ASSERT_EQ(all[1].blocks.size(), 1U);
  EXPECT_EQ(all[1].blocks[0].process, "heap_4711");
  ASSERT_EQ(all[1].blocks[0].looks.size(), 1U);
  const SiteLook& look = all[1].blocks[0].looks[0].look;
  EXPECT_EQ(look.since_ns, HeapFileWriter::kOpened);
  EXPECT_EQ(look.living.size(), 1U);
  EXPECT_EQ(look.freed.at(0).count, 1);
  EXPECT_EQ(look.freed.at(0).high_s, 0.001);
}

}  // namespace
}  // namespace tidemark::leakwatch
