#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/all_formats.h"
#include "tests/parsers/error_from.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::string_view kDocument =
    "<?xml version=\"1.0\"?>\n\n<valgrindoutput>\n\n<protocolversion>4</protocolversion>\n"
    "<protocoltool>memcheck</protocoltool>\n\n<pid>7</pid>\n<ppid>1</ppid>\n"
    "<tool>memcheck</tool>\n\n<args>\n  <vargv>\n    <exe>valgrind</exe>\n  </vargv>\n"
    "  <argv>\n    <exe>./a</exe>\n    <arg>b &lt;c&gt;</arg>\n  </argv>\n</args>\n\n"
    "<status>\n  <state>RUNNING</state>\n  <time>0</time>\n</status>\n\n";
constexpr std::string_view kFinished = "<status>\n  <state>FINISHED</state>\n</status>\n\n";
constexpr std::string_view kEnd = "</valgrindoutput>\n";

std::string frame(std::string_view function, int ip = 1) {
  return fmt::format("    <frame>\n      <ip>0x{:X}</ip>\n      <fn>{}</fn>\n    </frame>\n", ip,
                     function);
}

std::string stack(std::string_view frames) {
  return fmt::format("  <stack>\n{}  </stack>\n", frames);
}

std::string error(int unique, std::string_view kind, std::string_view rest) {
  return fmt::format(
      "<error>\n  <unique>0x{:x}</unique>\n  <tid>1</tid>\n  <kind>{}</kind>\n"
      "  <what>what {}</what>\n{}</error>\n\n",
      unique, kind, kind, rest);
}

std::string leak(int unique, int bytes, int record, std::string_view function) {
  return fmt::format(
      "<error>\n  <unique>0x{:x}</unique>\n  <tid>1</tid>\n  <kind>Leak_DefinitelyLost</kind>\n"
      "  <xwhat>\n    <text>{} bytes in 1 blocks are definitely lost in loss record {} of "
      "9</text>\n"
      "    <leakedbytes>{}</leakedbytes>\n    <leakedblocks>1</leakedblocks>\n  </xwhat>\n{}"
      "</error>\n\n",
      unique, bytes, record, bytes, stack(frame(function)));
}

std::string count(int unique, int times) {
  return fmt::format(
      "<errorcounts>\n  <pair>\n    <count>{}</count>\n    <unique>0x{:x}</unique>\n  </pair>\n"
      "</errorcounts>\n\n",
      times, unique);
}

std::string document(std::string_view middle) {
  return fmt::format("{}{}{}", kDocument, middle, kEnd);
}

Recording read(std::string_view text) {
  return kValgrindXmlFormat.parse({.name = "input", .bytes = text});
}

Recording read_sample(const std::string& name) {
  const File file = read_file(TIDEMARK_TEST_DATA "/valgrind-xml/" + name);
  return kValgrindXmlFormat.parse({.name = "sample", .bytes = file.bytes()});
}

std::vector<std::string> texts(const Recording& recording, FindingKind kind) {
  std::vector<std::string> all;
  for (const Finding& finding : recording.findings) {
    if (finding.kind == kind) all.push_back(finding.message);
  }
  return all;
}

const Finding& the(const Recording& recording, std::string_view code) {
  const auto found = std::ranges::find(recording.findings, code, &Finding::code);
  if (found == recording.findings.end()) throw Error("no such finding");
  return *found;
}

std::vector<std::string> labels(const Finding& finding) {
  std::vector<std::string> all;
  for (const LabelledStack& each : finding.stacks) all.push_back(each.label);
  return all;
}

std::vector<std::string> functions(const CallStack& frames) {
  std::vector<std::string> all;
  for (const Frame& each : frames) all.push_back(each.function);
  return all;
}

std::vector<std::pair<std::int64_t, bool>> processes(const Recording& recording) {
  std::vector<std::pair<std::int64_t, bool>> all;
  for (const ProcessRecord& each : recording.processes) all.emplace_back(each.pid, each.finished);
  return all;
}

TEST(ValgrindXml, ReadsWhoRanWhat) {
  const Recording recording = read(document(kFinished));
  EXPECT_EQ(recording.producer, "memcheck");
  EXPECT_THAT(recording.processes,
              ElementsAre(ProcessRecord{.pid = 7, .parent = 1, .command = "./a b <c>"}));
  EXPECT_EQ(read_sample("memcheck-leaks-3.19.xml").producer_version, "3.19.0");
}

TEST(ValgrindXml, IsCleanWithoutFindingsOnlyWhenTheEndIsThere) {
  const Recording whole = read(document(kFinished));
  EXPECT_THAT(whole.findings, IsEmpty());
  EXPECT_FALSE(whole.partial);
  const Recording running = read(kDocument);
  EXPECT_TRUE(running.partial);
  EXPECT_THAT(processes(running), ElementsAre(Pair(7, false)));
  EXPECT_THAT(running.warnings,
              ElementsAre("input:27: the file ends before </valgrindoutput> of process 7: cut off, "
                          "or still being written; 0 findings before it are whole"));
}

TEST(ValgrindXml, ReadsTheLeaksOfMemcheck) {
  const Recording recording = read_sample("memcheck-leaks-3.19.xml");
  EXPECT_FALSE(recording.partial);
  EXPECT_THAT(texts(recording, FindingKind::kDefiniteLeak),
              ElementsAre("300 bytes in 3 blocks are definitely lost",
                          "448 (64 direct, 384 indirect) bytes in 1 blocks are definitely lost"));
  EXPECT_THAT(texts(recording, FindingKind::kIndirectLeak).size(), 6);
  EXPECT_THAT(texts(recording, FindingKind::kPossibleLeak),
              ElementsAre("70 bytes in 1 blocks are possibly lost"));
  EXPECT_THAT(texts(recording, FindingKind::kReachable),
              ElementsAre("5,000 bytes in 1 blocks are still reachable"));
  EXPECT_EQ(the(recording, "MismatchedFree").kind, FindingKind::kBadFree);
}

TEST(ValgrindXml, SplitsALeakIntoDirectAndIndirectBytes) {
  const Recording recording = read_sample("memcheck-leaks-3.19.xml");
  const Finding& tree = recording.findings.at(9);
  EXPECT_EQ(tree.bytes, 448);
  EXPECT_EQ(tree.indirect_bytes, 384);
  EXPECT_EQ(tree.blocks, 1);
  const Frame& frame = tree.stacks.at(0).frames[1];
  EXPECT_EQ(frame.function, "Tree* make<Tree>(int)");
  EXPECT_EQ(frame.file, "/tmp/leaky/mismatch.cpp");
  EXPECT_EQ(frame.line, 5);
  EXPECT_EQ(frame.module, "/tmp/leaky/mismatch");
  EXPECT_NE(frame.address, 0U);
}

TEST(ValgrindXml, ReadsTheErrorsOfMemcheckWithTheirCounts) {
  std::vector<std::tuple<std::string, FindingKind, std::int64_t>> all;
  for (const Finding& f : read_sample("memcheck-errors-3.19.xml").findings) {
    all.emplace_back(f.code, f.kind, f.count);
  }
  using enum FindingKind;
  EXPECT_THAT(
      all,
      ElementsAre(
          std::tuple("InvalidWrite", kInvalidAccess, 5),
          std::tuple("InvalidRead", kInvalidAccess, 1), std::tuple("InvalidFree", kBadFree, 1),
          std::tuple("UninitCondition", kUninitialised, 1), std::tuple("Overlap", kBadCall, 1),
          std::tuple("SyscallParam", kBadCall, 1), std::tuple("FishyValue", kBadCall, 1),
          std::tuple("ClientCheck", kUninitialised, 1),
          std::tuple("ClientCheck", kInvalidAccess, 1), std::tuple("InvalidMemPool", kBadCall, 1)));
}

TEST(ValgrindXml, LabelsAuxiliaryStacksAndOrigins) {
  const Recording recording = read_sample("memcheck-errors-3.19.xml");
  const Finding& freed_twice = the(recording, "InvalidFree");
  EXPECT_THAT(labels(freed_twice),
              ElementsAre("", testing::EndsWith("is 0 bytes inside a block of size 7 free'd"),
                          "Block was alloc'd at"));
  EXPECT_THAT(functions(freed_twice.stacks.at(2).frames),
              ElementsAre("malloc", "double_free", "main"));
  EXPECT_THAT(labels(the(recording, "UninitCondition")),
              ElementsAre("", "Uninitialised value was created by a heap allocation"));
}

TEST(ValgrindXml, KeepsTheSuppressionThatValgrindOffers) {
  EXPECT_EQ(the(read_sample("memcheck-errors-3.19.xml"), "InvalidWrite").suppression,
            "{\n   <insert_a_suppression_name_here>\n   Memcheck:Addr1\n   fun:invalid_write\n"
            "   fun:main\n}");
}

TEST(ValgrindXml, ReadsTheSignalThatEndedTheProgram) {
  const Finding segv = the(read_sample("memcheck-segv-3.19.xml"), "SIGSEGV");
  EXPECT_EQ(segv.kind, FindingKind::kFatal);
  EXPECT_EQ(segv.message,
            "killed by signal 11 (SIGSEGV): Access not within mapped region at address 0x10");
  EXPECT_THAT(functions(segv.stacks.at(0).frames), ElementsAre("main"));
}

TEST(ValgrindXml, ReadsARaceWithBothStacksAndWhereTheThreadWasCreated) {
  const Recording recording = read_sample("helgrind-3.19.xml");
  const Finding& race = the(recording, "Race");
  EXPECT_EQ(race.kind, FindingKind::kRace);
  EXPECT_EQ(race.thread, "1");
  EXPECT_THAT(labels(race),
              ElementsAre("", "This conflicts with a previous write of size 4 by thread #2",
                          "Address 0x10c080 is 0 bytes inside data symbol \"counter\"",
                          "Thread #2 was created"));
  EXPECT_EQ(race.stacks.at(0).frames[0].function, "main");
  EXPECT_EQ(race.stacks.at(1).frames[0].function, "worker");
  EXPECT_TRUE(race.stacks.at(2).frames.empty());
  EXPECT_EQ(race.stacks.at(3).frames[0].function, "clone");
}

TEST(ValgrindXml, ReadsALockOrderWithAllItsStacks) {
  const Recording recording = read_sample("helgrind-3.19.xml");
  const Finding& order = the(recording, "LockOrder");
  EXPECT_EQ(order.kind, FindingKind::kLockOrder);
  EXPECT_THAT(labels(order),
              ElementsAre("", "Required order was established by acquisition of lock at 0x10C0A0",
                          "followed by a later acquisition of lock at 0x10C0E0",
                          testing::EndsWith("was first observed"),
                          testing::EndsWith("was first observed"), "Thread #2 was created"));
  EXPECT_EQ(the(recording, "UnlockForeign").kind, FindingKind::kLockMisuse);
  EXPECT_EQ(the(recording, "UnlockForeign").thread, "3");
  EXPECT_EQ(the(recording, "PthAPIerror").message,
            "Thread #1's call to pthread_mutex_destroy failed with error code 16 (EBUSY: Device or "
            "resource busy)");
}

TEST(ValgrindXml, ReadsDrd) {
  const Recording recording = read_sample("drd-3.19.xml");
  EXPECT_EQ(recording.producer, "drd");
  EXPECT_EQ(the(recording, "ConflictingAccess").kind, FindingKind::kRace);
  const Finding& unlock = the(recording, "MutexErr");
  EXPECT_EQ(unlock.kind, FindingKind::kLockMisuse);
  EXPECT_THAT(labels(unlock), ElementsAre("", "mutex 0x10c0a0 was first observed at"));
  EXPECT_EQ(unlock.stacks.at(1).frames[1].function, "main");
}

TEST(ValgrindXml, CountsSuppressionsUsedAndNeverAsLeaks) {
  const Recording recording = read_sample("drd-3.19.xml");
  EXPECT_THAT(recording.suppressions_used, ElementsAre(SuppressionUse{"drd-ld", 10}));
  EXPECT_EQ(recording.findings.size(), 4);
}

TEST(ValgrindXml, ReadsLeaksOfProtocol1) {
  const Recording recording = read(
      document(fmt::format("{}{}", kFinished,
                           "<error>\n<unique>0x1</unique>\n<tid>1</tid>\n"
                           "<kind>Leak_PossiblyLost</kind>\n"
                           "<what>1,600 (16 direct, 1,584 indirect) bytes in 2 blocks are possibly "
                           "lost in loss record 1 of 1</what>\n<leakedbytes>1600</leakedbytes>\n"
                           "<leakedblocks>2</leakedblocks>\n</error>\n")));
  const Finding& leak = recording.findings.at(0);
  EXPECT_EQ(leak.bytes, 1600);
  EXPECT_EQ(leak.blocks, 2);
  EXPECT_EQ(leak.indirect_bytes, 1584);
}

TEST(ValgrindXml, ReadsADescriptorLeakOfProtocol5) {
  const Recording recording = read(document(
      "<error>\n  <unique>0x1</unique>\n  <tid>1</tid>\n  <kind>FdNotClosed</kind>\n  <fd>3</fd>\n"
      "  <path>/tmp/x</path>\n  <what>File descriptor 3: /tmp/x is not closed</what>\n" +
      stack(frame("open")) + "</error>\n"));
  EXPECT_EQ(recording.findings.at(0).kind, FindingKind::kOther);
  EXPECT_EQ(recording.findings.at(0).message, "File descriptor 3: /tmp/x is not closed");
  EXPECT_FALSE(recording.partial);
}

TEST(ValgrindXml, RefusesAProtocolItDoesNotKnow) {
  EXPECT_EQ(
      error_from(kValgrindXmlFormat, "<valgrindoutput>\n<protocolversion>6</protocolversion>\n"),
      "input:2: expected valgrind's XML protocol 1 to 5, found '6'");
}

TEST(ValgrindXml, DecodesEntitiesInHostileNames) {
  const Recording recording =
      read(document(error(1, "InvalidRead", stack(frame("a&lt;b&gt;&amp;&#x41;]]&gt;")))));
  EXPECT_EQ(recording.findings.at(0).stacks.at(0).frames[0].function, "a<b>&A]]>");
}

TEST(ValgrindXml, NamesTheThread) {
  const Recording recording = read(
      document("<error>\n  <unique>0x1</unique>\n  <tid>2</tid>\n  <threadname>io</threadname>\n"
               "  <kind>InvalidRead</kind>\n  <what>w</what>\n" +
               stack(frame("f")) + "</error>\n"));
  EXPECT_EQ(recording.findings.at(0).thread, "2 io");
}

TEST(ValgrindXml, MakesOneFindingOfEqualOnes) {
  const Recording recording = read(document(fmt::format(
      "{}{}{}{}", kFinished, leak(1, 10, 1, "f"), leak(2, 1500, 2, "f"), leak(3, 1, 3, "g"))));
  EXPECT_THAT(texts(recording, FindingKind::kDefiniteLeak),
              ElementsAre("1,510 bytes in 2 blocks are definitely lost",
                          "1 bytes in 1 blocks are definitely lost"));
}

TEST(ValgrindXml, SharesTheFramesOfItsStacks) {
  const Recording recording = read(document(error(1, "InvalidRead", stack(frame("f"))) +
                                            error(2, "InvalidWrite", stack(frame("f")))));
  EXPECT_EQ(&recording.findings.at(0).stacks.at(0).frames[0],
            &recording.findings.at(1).stacks.at(0).frames[0]);
}

TEST(ValgrindXml, CountsTheLastOfSeveralLeakSearchesOnly) {
  const std::string early = leak(1, 10, 1, "f") + leak(2, 20, 2, "g");
  const std::string later = leak(1, 30, 1, "f");
  const Recording running = read(std::string(kDocument) + early + later);
  EXPECT_THAT(texts(running, FindingKind::kDefiniteLeak),
              ElementsAre("30 bytes in 1 blocks are definitely lost"));
  const Recording ended = read(document(early + std::string(kFinished) + leak(3, 50, 1, "f")));
  EXPECT_THAT(texts(ended, FindingKind::kDefiniteLeak),
              ElementsAre("50 bytes in 1 blocks are definitely lost"));
}

TEST(ValgrindXmlCut, KeepsWhatIsWholeAndNamesWhatIsNot) {
  const std::string text = document(error(1, "InvalidRead", stack(frame("f"))) +
                                    error(2, "InvalidRead", stack(frame("g"))));
  const std::size_t cut = text.rfind("</stack>");
  const Recording recording = read(text.substr(0, cut));
  EXPECT_TRUE(recording.partial);
  EXPECT_EQ(recording.findings.size(), 1);
  EXPECT_THAT(recording.warnings,
              ElementsAre("input:40: the file ends inside this <error>, which is left out",
                          "input:50: the file ends before </valgrindoutput> of process 7: cut off, "
                          "or still being written; 1 findings before it are whole"));
}

TEST(ValgrindXmlCut, KeepsAHundredThousandErrorsAndLosesTheCutOneOnly) {
  constexpr int kErrors = 100'000;
  std::string text(kDocument);
  for (int i = 0; i < kErrors; ++i) {
    text += error(i, "InvalidRead", stack(frame(fmt::format("f{}", i), i + 1)));
  }
  text.resize(text.size() - 20);
  const Recording recording = read(text);
  EXPECT_EQ(recording.findings.size(), kErrors - 1U);
  EXPECT_TRUE(recording.partial);
  ASSERT_FALSE(recording.warnings.empty());
}

TEST(ValgrindXmlCut, LeavesGarbageOutAndSaysSo) {
  const Recording recording =
      read(document("hello\x1b[31m\nworld\n" + error(1, "InvalidRead", stack(frame("f")))));
  EXPECT_EQ(recording.findings.size(), 1);
  EXPECT_TRUE(recording.partial);
  EXPECT_THAT(recording.warnings, ElementsAre("input:27: expected an element of valgrind's, found "
                                              "'hello\\x1b[31m'; skipped 17 bytes"));
}

TEST(ValgrindXmlCut, GarbageAloneIsAnError) {
  EXPECT_EQ(error_from(kValgrindXmlFormat, "<valgrindoutput>\nnonsense\n"),
            "input:2: expected an element of valgrind's, found 'nonsense'; skipped 9 bytes");
  EXPECT_EQ(error_from(kValgrindXmlFormat, "<valgrindoutput>\n"),
            "input:2: expected <pid> and what valgrind found, found the end of the file");
}

TEST(ValgrindXmlForks, KeepsDocumentsThatFollowEachOther) {
  std::string second = document(kFinished);
  second.replace(second.find("<pid>7"), 6, "<pid>8");
  const Recording recording = read(document(error(1, "InvalidRead", stack(frame("f")))) + second);
  EXPECT_THAT(processes(recording), ElementsAre(Pair(7, true), Pair(8, true)));
  EXPECT_EQ(recording.findings.at(0).pid, 7);
  EXPECT_FALSE(recording.partial);
}

TEST(ValgrindXmlForks, TakesADocumentOutOfAnother) {
  std::string child = document(error(1, "InvalidWrite", stack(frame("g"))));
  child.replace(child.find("<pid>7"), 6, "<pid>8");
  const Recording recording = read(document(error(1, "InvalidRead", stack(frame("f"))) + child +
                                            error(2, "InvalidJump", stack(frame("h")))));
  EXPECT_EQ(the(recording, "InvalidRead").pid, 7);
  EXPECT_EQ(the(recording, "InvalidWrite").pid, 8);
  EXPECT_EQ(the(recording, "InvalidJump").pid, 7);
}

// The inner document stands at each line of the outer one's error in turn.
TEST(ValgrindXmlForks, TakesADocumentOutOfTheMiddleOfAnError) {
  std::string child = document(error(1, "InvalidWrite", stack(frame("g"))));
  child.replace(child.find("<pid>7"), 6, "<pid>8");
  const std::string outer = error(1, "InvalidRead", stack(frame("f") + frame("main", 2)));
  for (std::size_t line = outer.find('\n'); line + 2 < outer.size();
       line = outer.find('\n', line + 1)) {
    std::string mixed = outer;
    mixed.insert(line + 1, child);
    const Recording recording = read(document(mixed));
    ASSERT_EQ(recording.findings.size(), 2) << mixed;
    EXPECT_THAT(functions(the(recording, "InvalidRead").stacks.at(0).frames),
                ElementsAre("f", "main"));
    EXPECT_THAT(functions(the(recording, "InvalidWrite").stacks.at(0).frames), ElementsAre("g"));
    EXPECT_FALSE(recording.partial) << recording.warnings.front();
  }
}

TEST(ValgrindXmlForks, GivesAnErrorToTheProcessThatCountsIt) {
  const Recording recording =
      read(document(error(1, "InvalidRead", stack(frame("f"))) +
                    error(2, "InvalidWrite", stack(frame("g"))) + std::string(kFinished) +
                    count(2, 4) + std::string(kEnd) + std::string(kFinished) + count(1, 3)));
  EXPECT_EQ(the(recording, "InvalidRead").pid, 7);
  EXPECT_EQ(the(recording, "InvalidRead").count, 3);
  EXPECT_EQ(the(recording, "InvalidWrite").pid, 0);
  EXPECT_EQ(the(recording, "InvalidWrite").count, 4);
}

TEST(ValgrindXmlForks, KeepsEveryProcessOfARealFork) {
  const Recording recording = read_sample("memcheck-forks-3.19.xml");
  EXPECT_THAT(processes(recording),
              ElementsAre(Pair(9775, true), Pair(0, true), Pair(0, true), Pair(0, true)));
  EXPECT_THAT(
      texts(recording, FindingKind::kDefiniteLeak),
      UnorderedElementsAre(
          "300 bytes in 3 blocks are definitely lost", "300 bytes in 3 blocks are definitely lost",
          "300 bytes in 3 blocks are definitely lost", "300 bytes in 3 blocks are definitely lost",
          "64 (32 direct, 32 indirect) bytes in 1 blocks are definitely lost",
          "128 (64 direct, 64 indirect) bytes in 2 blocks are definitely lost",
          "192 (96 direct, 96 indirect) bytes in 3 blocks are definitely lost"));
  EXPECT_EQ(the(recording, "InvalidWrite").count, 3);
  EXPECT_FALSE(recording.partial);
  EXPECT_EQ(recording.warnings.size(), 1);
}

// Four children write at once: fork2.c's lines 10 (twice, each child) and 11 (the parent).
TEST(ValgrindXmlForks, TakesLinesThatWereWrittenInTurnsApart) {
  const Recording recording = read_sample("memcheck-interleaved-3.19.xml");
  std::vector<std::pair<std::int64_t, std::int64_t>> lines_and_counts;
  for (const Finding& finding : recording.findings) {
    if (finding.kind != FindingKind::kUninitialised) continue;
    lines_and_counts.emplace_back(finding.stacks.at(0).frames[0].line, finding.count);
  }
  EXPECT_THAT(lines_and_counts, UnorderedElementsAre(Pair(10, 4), Pair(10, 4), Pair(11, 1)));
  EXPECT_EQ(the(recording, "InvalidFree").count, 4);
  EXPECT_EQ(texts(recording, FindingKind::kDefiniteLeak).size(), 4);
  EXPECT_FALSE(recording.partial);
}

TEST(ValgrindXmlForks, KeepsTheDocumentsOfExecutedChildren) {
  const Recording recording = read_sample("memcheck-exec-3.19.xml");
  EXPECT_EQ(recording.processes.size(), 11);  // sh, two fork2, four children each
  EXPECT_EQ(texts(recording, FindingKind::kDefiniteLeak).size(), 8);
  EXPECT_FALSE(recording.partial);
}

}  // namespace
}  // namespace tidemark
