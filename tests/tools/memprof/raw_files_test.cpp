#include "tools/memprof/raw_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "tests/parsers/heap_file_writer.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::SizeIs;

// The answer to a leak check that lists one place.
std::string leak_check(std::int64_t bytes, const std::string& address) {
  return fmt::format(
      "==7== {} bytes in 1 blocks are definitely lost in loss record 1 of 1\n"
      "==7==    at {}: f (a.c:4)\n==7== LEAK SUMMARY:\n",
      bytes, address);
}

// The heap file of process `pid`, which has `blocks` sampled blocks of 1 MiB.
std::string heap_file(std::uint32_t pid, int blocks,
                      heap_file::State state = heap_file::State::kEnded) {
  HeapFileWriter file;
  file.header.pid = pid;
  file.header.mean_bytes = 1;
  file.header.state = static_cast<std::uint32_t>(state);
  const std::uint32_t site = file.site(file.call(0, HeapFileWriter::place(0, 0x1200)));
  for (int i = 0; i < blocks; ++i) file.block(site, 1 << 20);
  return file.bytes();
}

// A run directory of its own for each test.
class RawFiles : public testing::Test {
 protected:
  RawFiles() {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    directory_ = fs::path(testing::TempDir()) / ("raw_files_" + name);
    fs::remove_all(directory_);
    fs::create_directories(directory_ / "raw");
  }
  ~RawFiles() override { fs::remove_all(directory_); }

  void put(const std::string& name, const std::string& text) {
    write_file(directory_ / "raw" / name, text);
  }
  void put_two_processes() {
    put(snapshot_name(100, 7, "txt"), leak_check(10, "0x1"));
    put(snapshot_name(100, 8, "txt"), leak_check(5, "0x1"));
  }
  RawResults read() { return read_raw(directory_, {}); }
  std::vector<std::int64_t> bytes_by_snapshot() {
    std::vector<std::int64_t> bytes;
    for (const Snapshot& snapshot : read().snapshots) {
      bytes.push_back(0);
      for (const Finding& finding : snapshot.findings) bytes.back() += finding.bytes;
    }
    return bytes;
  }

  fs::path directory_;
};

TEST_F(RawFiles, GiveSnapshotsInTheOrderOfTime) {
  put(snapshot_name(9000, 7, "txt"), leak_check(30, "0x1"));
  put(snapshot_name(200, 7, "txt"), leak_check(10, "0x1"));
  const RawResults results = read();
  ASSERT_THAT(results.snapshots, SizeIs(2));
  EXPECT_EQ(results.snapshots[0].at, 200);
  EXPECT_THAT(results.recordings, SizeIs(0));
  EXPECT_THAT(bytes_by_snapshot(), ElementsAre(10, 30));
}

TEST_F(RawFiles, KeepALeakThatALaterCheckListsNoMore) {
  put(snapshot_name(100, 7, "txt"), leak_check(10, "0x1"));
  put(snapshot_name(200, 7, "txt"), leak_check(5, "0x2"));
  EXPECT_THAT(bytes_by_snapshot(), ElementsAre(10, 15));
}

TEST_F(RawFiles, AddUpTheProcessesOfOneSnapshot) {
  put_two_processes();
  EXPECT_THAT(bytes_by_snapshot(), ElementsAre(15));
}

TEST_F(RawFiles, LeaveOutAProcessThatEnded) {
  put_two_processes();
  put(snapshot_name(200, 8, "txt"), leak_check(6, "0x1"));
  EXPECT_THAT(bytes_by_snapshot(), ElementsAre(15, 6));
}

TEST_F(RawFiles, WarnOfAFileThatIsEmptyAndGoOn) {
  put("memcheck.7.xml", "");
  put("memcheck.8.txt", leak_check(10, "0x1"));
  const RawResults results = read();
  EXPECT_THAT(results.warnings, SizeIs(1));
  EXPECT_THAT(results.recordings, SizeIs(1));
  EXPECT_THAT(results.files, SizeIs(2));
}

// A target that cleans up when it stops holds nothing afterwards.
TEST_F(RawFiles, TakeAHeapAsItWasBeforeTheStop) {
  put("heap.7.tmheap", heap_file(7, 0));
  put(at_stop_name(7), heap_file(7, 2));
  const RawResults results = read();
  ASSERT_THAT(results.recordings, SizeIs(1));
  EXPECT_EQ(results.recordings[0].profiles[0].total()[1], 2 << 20);
  EXPECT_THAT(results.files, SizeIs(2));
}

TEST_F(RawFiles, TakeTheHeapsBeforeTheStopAsOneMoment) {
  put(snapshot_name(100, 7, "tmheap"), heap_file(7, 1));
  put(snapshot_name(100, 8, "tmheap"), heap_file(8, 1));
  put(at_stop_name(7), heap_file(7, 2));
  put(at_stop_name(8), heap_file(8, 3));
  EXPECT_THAT(bytes_by_snapshot(), ElementsAre(2 << 20, 5 << 20));
}

TEST_F(RawFiles, LeaveOutTheHeapOfAProgramThatBecameAnother) {
  put("heap.7.tmheap", heap_file(7, 5, heap_file::State::kReplaced));
  put("heap.7.1.tmheap", heap_file(7, 1));
  const RawResults results = read();
  ASSERT_THAT(results.recordings, SizeIs(1));
  EXPECT_EQ(results.recordings[0].profiles[0].total()[1], 1 << 20);
}

}  // namespace
}  // namespace tidemark::memprof
