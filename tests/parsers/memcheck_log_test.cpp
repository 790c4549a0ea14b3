#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"

namespace tidemark {
namespace {

constexpr std::string_view kSummary = "==7== LEAK SUMMARY:\n==7==    definitely lost: 0 bytes\n";

Recording read(const std::string& text) {
  return kMemcheckLogFormat.parse({.name = "input", .bytes = text});
}

Finding only_finding(const std::string& record) {
  const Recording recording = read(record + std::string(kSummary));
  EXPECT_EQ(recording.findings.size(), 1U);
  return recording.findings.at(0);
}

TEST(MemcheckLog, ReadsThreeBlocksOf100BytesFromF) {
  const File file = read_file(TIDEMARK_TEST_DATA "/memcheck-log/leak_three.txt");
  const Recording recording = kMemcheckLogFormat.parse(file.input());
  ASSERT_EQ(recording.findings.size(), 1U);
  const Finding& leak = recording.findings[0];
  EXPECT_EQ(leak.kind, FindingKind::kDefiniteLeak);
  EXPECT_EQ(leak.bytes, 300);
  EXPECT_EQ(leak.blocks, 3);
  EXPECT_EQ(leak.stacks.at(0).frames[1].function, "f");
  EXPECT_EQ(leak.stacks.at(0).frames[1].line, 4);
  EXPECT_FALSE(recording.partial);
}

TEST(MemcheckLog, LeavesOutWhatHasComeSinceTheLastCheck) {
  const Finding leak = only_finding(
      "==7== 1,200 (+100) bytes in 12 (+1) blocks are still reachable in loss record 1 of 2\n");
  EXPECT_EQ(leak.kind, FindingKind::kReachable);
  EXPECT_EQ(leak.bytes, 1200);
  EXPECT_EQ(leak.blocks, 12);
}

TEST(MemcheckLog, KeepsIndirectBytesApart) {
  const Finding leak = only_finding(
      "==7== 96 (32 direct, 64 indirect) bytes in 1 blocks are definitely lost in loss record 1\n");
  EXPECT_EQ(leak.bytes, 96);
  EXPECT_EQ(leak.indirect_bytes, 64);
}

TEST(MemcheckLog, ReadsDirectAndIndirectWithTheirChanges) {
  const Finding leak = only_finding(
      "==7== 96 (+96) (32 (+32) direct, 64 (+64) indirect) bytes in 1 (+1) blocks are definitely "
      "lost in loss record 1 of 1\n");
  EXPECT_EQ(leak.bytes, 96);
  EXPECT_EQ(leak.indirect_bytes, 64);
}

TEST(MemcheckLog, WithoutASummaryIsPartial) {
  const Recording recording =
      read("==7== 8 bytes in 1 blocks are possibly lost in loss record 1 of 2\n");
  EXPECT_TRUE(recording.partial);
  EXPECT_EQ(recording.warnings.size(), 1U);
}

TEST(MemcheckLog, NamesAnUnknownKindOfLeak) {
  EXPECT_EQ(error_from(kMemcheckLogFormat,
                       "==7== 8 bytes in 1 blocks are mislaid in loss record 1 of 2\n"),
            "input:1: expected a kind of leak such as 'definitely lost', found '==7== 8 bytes in 1 "
            "blocks are mislaid in loss record 1 of 2'");
}

}  // namespace
}  // namespace tidemark
