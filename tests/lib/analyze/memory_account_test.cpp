#include "lib/analyze/memory_account.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;

// A mapping as smaps shows it, less the figures that nobody reads.
std::string area(std::string_view line, int rss_kib, int anonymous_kib, int pss_kib = -1) {
  return fmt::format(
      "{}\nSize:  8192 kB\nRss:  {} kB\nPss:  {} kB\nAnonymous: {} kB\nSwap: 4 kB\n"
      "VmFlags: rd wr mr\n",
      line, rss_kib, pss_kib < 0 ? rss_kib : pss_kib, anonymous_kib);
}

MemoryMap map_of(const std::string& text) { return read_smaps({.name = "smaps", .bytes = text}); }

TEST(MemoryMap, TellsMappingsApart) {
  const MemoryMap map =
      map_of(area("55d0a0000000-55d0a0100000 r-xp 00000000 fe:00 1  /usr/bin/my program", 100, 0) +
             area("55d0a0200000-55d0a0300000 rw-p 00000000 fe:00 1  /usr/bin/my program", 30, 20) +
             area("55d0a1000000-55d0a2000000 rw-p 00000000 00:00 0  [heap]", 5000, 5000) +
             area("7f0001000000-7f0002000000 rw-p 00000000 00:00 0 ", 700, 700) +
             area("7f1000000000-7f1010000000 rw-s 00000000 00:01 9  /dev/shm/x (deleted)", 900, 0) +
             area("7ffd00000000-7ffd00100000 rw-p 00000000 00:00 0  [stack]", 60, 60) +
             area("7ffd00200000-7ffd00201000 r-xp 00000000 00:00 0  [vdso]", 4, 0));
  EXPECT_EQ(map[MemoryKind::kCode].rss, 100 * kKiB);
  EXPECT_EQ(map[MemoryKind::kFiles].rss, 10 * kKiB);
  EXPECT_EQ(map[MemoryKind::kData].rss, 20 * kKiB);
  EXPECT_EQ(map[MemoryKind::kHeap].rss, 5000 * kKiB);
  EXPECT_EQ(map[MemoryKind::kAnonymous].rss, 700 * kKiB);
  EXPECT_EQ(map[MemoryKind::kShared].rss, 900 * kKiB);
  EXPECT_EQ(map[MemoryKind::kStacks].rss, 60 * kKiB);
  EXPECT_EQ(map[MemoryKind::kOther].rss, 4 * kKiB);
  EXPECT_EQ(map[MemoryKind::kHeap].swap, 4 * kKiB);
}

TEST(MemoryMap, KnowsThreadStacksByTheirGuardPage) {
  const MemoryMap map = map_of(area("7f2000000000-7f2000001000 ---p 00000000 00:00 0 ", 0, 0) +
                               area("7f2000001000-7f2000801000 rw-p 00000000 00:00 0 ", 12, 12));
  EXPECT_EQ(map[MemoryKind::kStacks].rss, 12 * kKiB);
}

TEST(MemoryMap, KnowsArenasByTheirPlace) {
  const MemoryMap map = map_of(area("7f3000000000-7f3000021000 rw-p 00000000 00:00 0 ", 40, 40) +
                               area("7f3000021000-7f3004000000 ---p 00000000 00:00 0 ", 0, 0));
  EXPECT_EQ(map[MemoryKind::kArenas].rss, 40 * kKiB);
}

TEST(MemoryMap, NamesTheLineThatIsNone) {
  try {
    map_of(area("55d0a1000000-55d0a2000000 rw-p 00000000 00:00 0  [heap]", 1, 1) + "nonsense\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "smaps:8: expected a mapping or 'NAME: NUMBER kB', found 'nonsense'");
  }
  EXPECT_THROW(map_of(""), Error);
}

TEST(MemoryMap, ReadsOurOwn) {
  const File own = read_file("/proc/self/smaps");
  EXPECT_GT(read_smaps(own.input())[MemoryKind::kCode].rss, 0);
}

AllocatorFigures figures_of(std::string_view text) {
  return read_allocator_figures({.name = "stats", .bytes = text});
}

TEST(AllocatorFigures, OfGlibcAreTheTotalsBehindItsArenas) {
  const AllocatorFigures figures = figures_of(
      "<malloc version=\"1\">\n<heap nr=\"0\">\n<total type=\"fast\" count=\"9\" size=\"9\"/>\n"
      "<system type=\"current\" size=\"1\"/>\n</heap>\n"
      "<total type=\"fast\" count=\"2\" size=\"64\"/>\n"
      "<total type=\"rest\" count=\"5\" size=\"936\"/>\n"
      "<total type=\"mmap\" count=\"1\" size=\"4096\"/>\n"
      "<system type=\"current\" size=\"10000\"/>\n<system type=\"max\" "
      "size=\"20000\"/>\n</malloc>");
  EXPECT_EQ(figures.live, 10000 - 1000 + 4096);
  EXPECT_EQ(figures.kept, 1000);
}

TEST(AllocatorFigures, OfJemalloc) {
  const AllocatorFigures figures = figures_of(
      "___ Begin jemalloc statistics ___\nAllocated: 100, active: 140, metadata: 20 (n_thp 0), "
      "resident: 200, mapped: 300, retained: 50\n");
  EXPECT_EQ(figures.live, 100);
  EXPECT_EQ(figures.gaps, 40);
  EXPECT_EQ(figures.own, 20);
  EXPECT_EQ(figures.kept, 40);
  EXPECT_EQ(figures.returned, 50);
}

TEST(AllocatorFigures, OfTcmalloc) {
  const AllocatorFigures figures = figures_of(
      "MALLOC:        1000 (    0.0 MiB) Bytes in use by application\n"
      "MALLOC: +       200 (    0.0 MiB) Bytes in page heap freelist\n"
      "MALLOC: +        30 (    0.0 MiB) Bytes in central cache freelist\n"
      "MALLOC: +         4 (    0.0 MiB) Bytes in thread cache freelists\n"
      "MALLOC: +        50 (    0.0 MiB) Bytes in malloc metadata\n");
  EXPECT_EQ(figures.live, 1000);
  EXPECT_EQ(figures.kept, 234);
  EXPECT_EQ(figures.own, 50);
}

TEST(AllocatorFigures, OfRedisNameTheirAllocator) {
  const AllocatorFigures figures = figures_of(
      "# Memory\r\nallocator_allocated:100\r\nallocator_active:150\r\nallocator_resident:190\r\n"
      "mem_allocator:jemalloc-5.3.0\r\n");
  EXPECT_EQ(figures.allocator, "jemalloc-5.3.0");
  EXPECT_EQ(figures.gaps, 50);
  EXPECT_EQ(figures.kept, 40);
}

TEST(AllocatorFigures, AreNotMadeUp) {
  EXPECT_THROW(figures_of("nothing"), Error);
  EXPECT_THROW(figures_of("Allocated: x, active: 1, resident: 2"), Error);
}

// A process with a heap of `heap` MiB, of which the allocator knows so much.
MemoryAccount account(std::int64_t heap, std::int64_t live, std::int64_t kept) {
  MemoryReading reading;
  reading.map.kinds[0].rss = heap * kMiB;
  reading.rss = (heap + 1) * kMiB;
  reading.allocator =
      AllocatorFigures{.allocator = "jemalloc", .live = live * kMiB, .kept = kept * kMiB};
  return account_of(reading);
}

TEST(MemoryAccount, AddsUpToWhatIsResident) {
  for (const auto& one : {account(100, 60, 20), account(100, 90, 80), account(0, 10, 10)}) {
    std::int64_t sum = 0;
    for (const AccountEntry& entry : one.entries) sum += entry.bytes;
    EXPECT_EQ(sum, one.rss);
  }
}

TEST(MemoryAccount, SaysThatTheHeapIsFlatAndWhatGrew) {
  EXPECT_EQ(growth_sentence(account(100, 60, 20), account(140, 60, 60)),
            "the heap is flat (+0.0 MiB), RSS grew by 40.0 MiB: 40.0 MiB of it is freed memory "
            "that jemalloc keeps");
  EXPECT_EQ(growth_sentence(account(100, 60, 20), account(140, 60, 20)),
            "the heap is flat (+0.0 MiB), RSS grew by 40.0 MiB: 40.0 MiB of it is mapped past the "
            "allocator: mmap");
}

TEST(MemoryAccount, SaysThatTheLiveHeapGrew) {
  EXPECT_EQ(growth_sentence(account(100, 60, 20), account(140, 100, 20)),
            "RSS grew by 40.0 MiB, the live heap by 40.0 MiB");
}

TEST(MemoryAccount, CountsWhatProcessesShareOnce) {
  MemoryReading reading;
  reading.map.kinds[static_cast<std::size_t>(MemoryKind::kShared)] = {.rss = 80 * kMiB,
                                                                      .pss = 10 * kMiB};
  reading.rss = 80 * kMiB;
  reading.divided = true;
  EXPECT_EQ(account_of(reading).rss, 10 * kMiB);
  EXPECT_EQ(sentence_of(account_of(reading)), "100 % of 10.0 MiB is shared memory");
}

}  // namespace
}  // namespace tidemark
