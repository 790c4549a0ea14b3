#include "tools/memprof/raw_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/file.h"

namespace tidemark::memprof {
namespace {

namespace fs = std::filesystem;
using testing::SizeIs;

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
  RawResults read() { return read_raw(directory_, {}); }

  fs::path directory_;
};

// The answer to a leak check that lists one place.
std::string leak_check(std::int64_t bytes, const std::string& address) {
  return fmt::format(
      "==7== {} bytes in 1 blocks are definitely lost in loss record 1 of 1\n"
      "==7==    at {}: f (a.c:4)\n==7== LEAK SUMMARY:\n",
      bytes, address);
}

std::int64_t bytes_in(const Snapshot& snapshot) {
  std::int64_t bytes = 0;
  for (const Finding& finding : snapshot.findings) bytes += finding.bytes;
  return bytes;
}

TEST_F(RawFiles, GiveSnapshotsInTheOrderOfTime) {
  put(snapshot_name(9000, 7, "txt"), leak_check(30, "0x1"));
  put(snapshot_name(200, 7, "txt"), leak_check(10, "0x1"));
  const RawResults results = read();
  ASSERT_THAT(results.snapshots, SizeIs(2));
  EXPECT_EQ(results.snapshots[0].at, 200);
  EXPECT_EQ(bytes_in(results.snapshots[1]), 30);
  EXPECT_THAT(results.recordings, SizeIs(0));
}

TEST_F(RawFiles, KeepALeakThatALaterCheckListsNoMore) {
  put(snapshot_name(100, 7, "txt"), leak_check(10, "0x1"));
  put(snapshot_name(200, 7, "txt"), leak_check(5, "0x2"));
  const RawResults results = read();
  ASSERT_THAT(results.snapshots, SizeIs(2));
  EXPECT_EQ(bytes_in(results.snapshots[1]), 15);
}

TEST_F(RawFiles, AddUpTheProcessesOfOneSnapshot) {
  put(snapshot_name(100, 7, "txt"), leak_check(10, "0x1"));
  put(snapshot_name(100, 8, "txt"), leak_check(5, "0x1"));
  const RawResults results = read();
  ASSERT_THAT(results.snapshots, SizeIs(1));
  EXPECT_EQ(bytes_in(results.snapshots[0]), 15);
}

TEST_F(RawFiles, LeaveOutAProcessThatEnded) {
  put(snapshot_name(100, 7, "txt"), leak_check(10, "0x1"));
  put(snapshot_name(100, 8, "txt"), leak_check(5, "0x1"));
  put(snapshot_name(200, 8, "txt"), leak_check(6, "0x1"));
  const RawResults results = read();
  ASSERT_THAT(results.snapshots, SizeIs(2));
  EXPECT_EQ(bytes_in(results.snapshots[1]), 6);
}

TEST_F(RawFiles, WarnOfAFileThatIsEmptyAndGoOn) {
  put("memcheck.7.xml", "");
  put("memcheck.8.txt", leak_check(10, "0x1"));
  const RawResults results = read();
  EXPECT_THAT(results.warnings, SizeIs(1));
  EXPECT_THAT(results.recordings, SizeIs(1));
  EXPECT_THAT(results.files, SizeIs(2));
}

}  // namespace
}  // namespace tidemark::memprof
