#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "parsers/sanitizer_frame.h"
#include "tests/parsers/error_from.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kLeak =
    "==12==ERROR: LeakSanitizer: detected memory leaks\n\n"
    "Direct leak of 300 byte(s) in 3 object(s) allocated from:\n"
    "    #0 0x10 in malloc (/lib/libasan.so.8+0xb89cf)\n"
    "    #1 0x20 in f(int) /src/a.cpp:4:12\n\n";
constexpr std::string_view kSummary =
    "SUMMARY: AddressSanitizer: 300 byte(s) leaked in 3 allocation(s).\n";

Recording read(std::string_view text) {
  return kSanitizerFormat.parse({.name = "input", .bytes = text});
}

Recording read_sample(const std::string& name) {
  return kSanitizerFormat.parse(read_file(TIDEMARK_TEST_DATA "/sanitizer/" + name).input());
}

std::vector<std::string> labels(const Finding& finding) {
  std::vector<std::string> all;
  for (const LabelledStack& each : finding.stacks) all.push_back(each.label);
  return all;
}

std::vector<std::string> functions(const CallStack& frames) {
  std::vector<std::string> all;
  for (const Frame& each : frames) all.push_back(name_of(each));
  return all;
}

std::vector<std::pair<std::string, FindingKind>> kinds(const Recording& recording) {
  std::vector<std::pair<std::string, FindingKind>> all;
  for (const Finding& each : recording.findings) all.emplace_back(each.code, each.kind);
  return all;
}

class SanitizerLeaks : public testing::TestWithParam<const char*> {};

TEST_P(SanitizerLeaks, AreTheSameFromEveryCompiler) {
  const Recording recording = read_sample(GetParam());
  ASSERT_EQ(recording.findings.size(), 4);
  const Finding& three = recording.findings[0];
  EXPECT_EQ(three.kind, FindingKind::kDefiniteLeak);
  EXPECT_EQ(three.message, "Direct leak of 300 byte(s) in 3 object(s)");
  EXPECT_EQ(three.bytes, 300);
  EXPECT_EQ(three.blocks, 3);
  EXPECT_EQ(three.stacks.at(0).frames[1].function, "leak_three()");
  EXPECT_EQ(three.stacks.at(0).frames[1].file, "/tmp/san/leaks.cpp");
  EXPECT_EQ(three.stacks.at(0).frames[1].line, 4);
  EXPECT_EQ(recording.findings[1].kind, FindingKind::kDefiniteLeak);
  EXPECT_EQ(recording.findings[2].kind, FindingKind::kIndirectLeak);
  EXPECT_EQ(recording.findings[3].kind, FindingKind::kIndirectLeak);
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(recording.warnings, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Logs, SanitizerLeaks,
                         testing::Values("lsan-gcc-12.log", "lsan-clang-14.log",
                                         "lsan-alone-gcc-12.log"));

TEST(Sanitizer, KeepsModuleAndOffsetOfALogWithoutSymbols) {
  const Frame frame = read_sample("lsan-unsymbolised.log").findings.at(0).stacks.at(0).frames[1];
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.module, "/tmp/san/leaks-gcc");
  EXPECT_EQ(frame.offset, 0x1233U);
}

class SanitizerErrors : public testing::TestWithParam<const char*> {};

TEST_P(SanitizerErrors, AreTheSameWithAndWithoutColour) {
  const Recording recording = read_sample(GetParam());
  EXPECT_THAT(kinds(recording),
              ElementsAre(testing::Pair("heap-use-after-free", FindingKind::kInvalidAccess),
                          testing::Pair("heap-buffer-overflow", FindingKind::kInvalidAccess),
                          testing::Pair("double-free", FindingKind::kBadFree),
                          testing::Pair("stack-buffer-overflow", FindingKind::kInvalidAccess),
                          testing::Pair("SEGV", FindingKind::kFatal)));
  const Finding& use = recording.findings.at(0);
  EXPECT_EQ(use.message,
            "heap-use-after-free on address 0x602000000013: READ of size 1 at 0x602000000013 "
            "thread T0");
  EXPECT_EQ(use.thread, "T0");
  EXPECT_THAT(labels(use),
              ElementsAre("",
                          "0x602000000013 is located 3 bytes inside of 10-byte region "
                          "[0x602000000010,0x60200000001a)",
                          "freed by thread T0 here", "previously allocated by thread T0 here"));
  EXPECT_EQ(use.stacks.at(0).frames[0].function, "use_after_free()");
  EXPECT_EQ(use.stacks.at(2).frames[0].function, "__interceptor_free");
  EXPECT_EQ(recording.processes.size(), 5);
  EXPECT_FALSE(recording.partial);
}

INSTANTIATE_TEST_SUITE_P(Logs, SanitizerErrors,
                         testing::Values("asan-gcc-12.log", "asan-colour-clang-14.log"));

TEST(Sanitizer, ReadsRacesAndLockOrdersWithAllTheirStacks) {
  const Recording recording = read_sample("tsan-gcc-12.log");
  ASSERT_EQ(recording.findings.size(), 3);
  const Finding& order = recording.findings[0];
  EXPECT_EQ(order.kind, FindingKind::kLockOrder);
  EXPECT_EQ(order.pid, 16291);
  const Finding& race = recording.findings[1];
  EXPECT_EQ(race.kind, FindingKind::kRace);
  EXPECT_EQ(race.message, "data race: Read of size 4 at 0x5555555590e0 by main thread");
  EXPECT_THAT(labels(race),
              ElementsAre("", "Previous write of size 4 at 0x5555555590e0 by thread T1",
                          "Location is global 'counter' of size 4 at 0x5555555590e0 "
                          "(race-gcc+0x50e0)",
                          "Thread T1 (tid=16293, running) created by main thread at"));
  EXPECT_EQ(race.stacks[1].frames[0].function, "worker()");
}

TEST(Sanitizer, FindsReportsAmongOtherOutput) {
  const Recording recording = read(fmt::format("serving\n\n{}{}bye\n", kLeak, kSummary));
  EXPECT_EQ(recording.findings.size(), 1);
  EXPECT_EQ(recording.findings.at(0).pid, 12);
  EXPECT_THAT(functions(recording.findings[0].stacks.at(0).frames),
              ElementsAre("malloc", "f(int)"));
}

TEST(Sanitizer, CountsSuppressionsUsed) {
  const Recording recording = read(fmt::format(
      "{}{}-----\nSuppressions used:\n  count      bytes template\n      3        300 g\n-----\n",
      kLeak, kSummary));
  EXPECT_THAT(recording.suppressions_used, ElementsAre(SuppressionUse{"g", 3}));
  EXPECT_EQ(recording.findings.size(), 1);
}

TEST(Sanitizer, SaysThatAReportHasNoEnd) {
  const Recording recording = read(fmt::format(
      "{}Indirect leak of 8 byte(s) in 1 object(s) allocated from:\n    #0 0x1", kLeak));
  EXPECT_EQ(recording.findings.size(), 1);
  EXPECT_TRUE(recording.partial);
  EXPECT_FALSE(recording.processes.at(0).finished);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:1: the report that starts here has no SUMMARY: cut off, or still "
                          "being written; its last finding is left out"));
}

TEST(Sanitizer, NoticesLeaksThatAreMissingFromTheLog) {
  const Recording recording = read(
      fmt::format("{}SUMMARY: LeakSanitizer: 400 byte(s) leaked in 4 allocation(s).\n", kLeak));
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(
      recording.warnings,
      ElementsAre("input:7: the summary says 400 bytes leaked, the leaks above it are 300"));
}

TEST(Sanitizer, RefusesALogWithoutAReport) {
  EXPECT_EQ(error_from(kSanitizerFormat, "all is well\n"),
            "input:1: expected a report such as '==12==ERROR: LeakSanitizer: ...', found the end "
            "of the file");
}

TEST(SanitizerFrame, SplitsEveryForm) {
  const auto frame = [](std::string function, std::string file, std::int64_t line,
                        std::string module, std::uint64_t address, std::uint64_t offset) {
    return Frame{std::move(function), std::move(file), line, std::move(module), address, offset};
  };
  EXPECT_EQ(sanitizer_frame("0x10 in f(int) const /src/a b.cpp:4:12"),
            frame("f(int) const", "/src/a b.cpp", 4, "", 0x10, 0));
  EXPECT_EQ(sanitizer_frame("0x10 in operator new(unsigned long) ../x/new.cpp:95"),
            frame("operator new(unsigned long)", "../x/new.cpp", 95, "", 0x10, 0));
  EXPECT_EQ(sanitizer_frame("0x10 in g (/lib/a.so+0x9cf) (BuildId: f00d)"),
            frame("g", "", 0, "/lib/a.so", 0x10, 0x9cf));
  EXPECT_EQ(sanitizer_frame("0x10  (/lib/a.so+0x9cf)"), frame("", "", 0, "/lib/a.so", 0x10, 0x9cf));
  EXPECT_EQ(sanitizer_frame("<null> <null> (libc.so.6+0x1)"),
            frame("", "", 0, "libc.so.6", 0, 0x1));
  EXPECT_EQ(sanitizer_frame("0x10 in h (<unknown module>)"),
            frame("h (<unknown module>)", "", 0, "", 0x10, 0));
}

}  // namespace
}  // namespace tidemark
