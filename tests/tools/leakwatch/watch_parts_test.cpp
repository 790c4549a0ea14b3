#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tools/leakwatch/watch/cgroup.h"
#include "tools/leakwatch/watch/metric.h"
#include "tools/leakwatch/watch/proc_reader.h"
#include "tools/leakwatch/watch/smaps_budget.h"
#include "tools/leakwatch/watch/soak_clock.h"
#include "tools/leakwatch/watch/target.h"

namespace tidemark::leakwatch {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

TEST(WatchProc, ANameMayHoldAnything) {
  const auto stat = parse_proc_stat(
      "4711 (a) b (\n) S 1 4711 4711 0 -1 4194560 120 0 7 0 300 200 0 0 20 0 5 0 98765 1000 25 "
      "18446744073709551615 1 1 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name_text(), "a) b (\n");
  EXPECT_EQ(stat->pid, 4711);
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->start_ticks, 98765);
  EXPECT_EQ(stat->threads, 5);
  EXPECT_EQ(stat->minor_faults, 120);
  EXPECT_EQ(stat->major_faults, 7);
  EXPECT_EQ(stat->rss_bytes, 25 * 4096);
}

TEST(WatchProc, ACutFileIsNothing) {
  const std::string text = "7 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21\n";
  for (std::size_t length = 0; length + 4 < text.size(); ++length) {
    EXPECT_FALSE(parse_proc_stat(text.substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_proc_status(""));
  EXPECT_FALSE(parse_proc_status("Name:\tkthreadd\nThreads:\t1\n"));
}

TEST(WatchProc, MemoryIsReadInBytes) {
  const auto memory = parse_proc_status(
      "Name:\tVmRSS: 1\nVmRSS:\t  20 kB\nRssAnon:\t 8 kB\nRssFile:\t 7 kB\nRssShmem:\t 5 kB\n"
      "VmPTE:\t 3 kB\nVmSwap:\t 2 kB\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->rss, 20 * 1024);
  EXPECT_EQ(memory->anon, 8 * 1024);
  EXPECT_EQ(memory->file, 7 * 1024);
  EXPECT_EQ(memory->shared, 5 * 1024);
  EXPECT_EQ(memory->page_tables, 3 * 1024);
  EXPECT_EQ(memory->swap, 2 * 1024);
}

TEST(WatchProc, SmapsTellsHeapStackAndMappingsApart) {
  SmapsSum sum;
  for (const char* line :
       {"55d0-55d1 rw-p 00000000 00:00 0                 [heap]", "Pss:    10 kB",
        "Private_Dirty:    10 kB", "Anonymous:    10 kB", "7f00-7f01 rw-p 00000000 00:00 0",
        "Pss:    3 kB", "Private_Dirty:    3 kB", "Anonymous:    3 kB",
        "7f02-7f03 rw-p 00001000 fe:00 99   /lib/a b.so", "Pss:    2 kB", "Private_Clean:    1 kB",
        "Anonymous:    1 kB", "7f04-7f05 rw-s 00000000 00:01 7   /dev/zero (deleted)",
        "Anonymous:    9 kB", "7ffe-7fff rw-p 00000000 00:00 0   [stack]", "Anonymous:    4 kB",
        "Private_Hugetlb:   99 kB"}) {
    sum.add(line);
  }
  EXPECT_EQ(sum.sum().heap, 10 * 1024);
  EXPECT_EQ(sum.sum().maps, 3 * 1024);
  EXPECT_EQ(sum.sum().stacks, 4 * 1024);
  EXPECT_EQ(sum.sum().pss, 15 * 1024);
  EXPECT_EQ(sum.sum().uss, 14 * 1024);
}

Member member_of(pid_t pid, std::int64_t rss, int looks = 9, std::uint64_t ticks = 1) {
  Member member{.root = true, .seen = true, .looks = looks};
  member.stat.pid = pid;
  member.stat.start_ticks = ticks;
  member.memory.rss = rss;
  return member;
}

// Reads smaps at a made-up cost.
class WatchSmaps : public ::testing::Test {
 protected:
  // Looks once a second; how often it was read.
  std::int64_t reads(std::vector<Member> members, int seconds) {
    for (int i = 0; i < seconds; ++i) budget_.look(members, now_ms_ += 1000);
    return budget_.reads();
  }

  std::int64_t cost_us_ = 0;
  std::int64_t clock_us_ = 0;
  std::int64_t now_ms_ = 0;
  SmapsBudget budget_{{},
                      [this](pid_t) {
                        clock_us_ += cost_us_;
                        return ProcSmaps{.heap = 1};
                      },
                      [this] { return clock_us_; }};
};

TEST_F(WatchSmaps, AreReadEachTimeWhenTheyCostNothing) {
  cost_us_ = 40;
  EXPECT_EQ(reads({member_of(1, 1'000'000)}, 100), 100);
}

TEST_F(WatchSmaps, OfALargeProcessAreReadSoRarelyThatItLosesLessThanAThousandth) {
  cost_us_ = 50'000;
  const std::int64_t count = reads({member_of(1, 8'000'000'000)}, 3600);
  EXPECT_GT(count, 10);
  EXPECT_LT(static_cast<double>(count * cost_us_) / 3.6e9, 0.001);
  EXPECT_LT(budget_.loss(), 0.001);
}

TEST_F(WatchSmaps, OfALargeProcessAreNotReadAtOnce) {
  cost_us_ = 50'000;
  EXPECT_EQ(reads({member_of(1, 8'000'000'000)}, 90), 0);
}

TEST_F(WatchSmaps, OfAThousandProcessesTakeALittleOfOneCoreAndComeToAll) {
  cost_us_ = 60;
  std::vector<Member> members;
  for (pid_t pid = 1; pid <= 1000; ++pid) members.push_back(member_of(pid, 1'000'000));
  reads(members, 600);
  EXPECT_LT(static_cast<double>(budget_.total_cost_us()) / 600e6, 0.0006);
  EXPECT_EQ(budget_.sum(members)->heap, 1000);
}

TEST_F(WatchSmaps, OfAnotherProcessWithTheSamePidAreNotItsOwn) {
  cost_us_ = 40;
  reads({member_of(1, 1'000'000, 9, 1)}, 1);
  EXPECT_FALSE(budget_.sum(std::vector{member_of(2, 1)}));
  now_ms_ += 1;
  budget_.look(std::vector{member_of(1, 8'000'000'000, 1, 2)}, now_ms_);
  EXPECT_EQ(budget_.of(member_of(1, 1)), nullptr);
}

TEST(WatchClock, GoesOnWhateverTheSystemsClockIsSetTo) {
  SoakClock clock({.real_ms = 1'000'000, .boot_ms = 50, .mono_ms = 50}, 0);
  EXPECT_EQ(clock.tick({.real_ms = 1'001'000, .boot_ms = 1050, .mono_ms = 1050}).at_ms, 1'001'000);
  const auto back = clock.tick({.real_ms = 2000, .boot_ms = 2050, .mono_ms = 2050});
  EXPECT_EQ(back.at_ms, 1'002'000);
  EXPECT_EQ(back.set_ms, -1'000'000);
  EXPECT_EQ(back.suspended_ms, 0);
  EXPECT_EQ(clock.tick({.real_ms = 3000, .boot_ms = 3050, .mono_ms = 3050}).set_ms, 0);
}

TEST(WatchClock, NoticesThatTheMachineSlept) {
  SoakClock clock({.real_ms = 1'000'000, .boot_ms = 0, .mono_ms = 0}, 0);
  const auto tick = clock.tick({.real_ms = 8'201'000, .boot_ms = 7'201'000, .mono_ms = 1000});
  EXPECT_EQ(tick.suspended_ms, 7'200'000);
  EXPECT_EQ(tick.set_ms, 0);
  EXPECT_EQ(tick.at_ms, 8'201'000);
}

TEST(WatchClock, NeverComesBeforeTheLastRowOfASoakThatGoesOn) {
  SoakClock clock({.real_ms = 500, .boot_ms = 7, .mono_ms = 7}, 1'000'000);
  EXPECT_EQ(clock.tick({.real_ms = 500, .boot_ms = 7, .mono_ms = 7}).at_ms, 1'000'001);
  EXPECT_EQ(clock.tick({.real_ms = 500, .boot_ms = 7, .mono_ms = 7}).at_ms, 1'000'002);
}

TEST(WatchLives, ARestartIsANewOneAndAnHeirIsNot) {
  Lives lives;
  EXPECT_EQ(lives.look({}), Lives::Change::kNone);
  EXPECT_EQ(lives.look({member_of(1, 1, 1)}), Lives::Change::kBegan);
  EXPECT_EQ(lives.look({member_of(1, 1, 2), member_of(2, 1, 2)}), Lives::Change::kNone);
  EXPECT_EQ(lives.look({member_of(2, 1, 3)}), Lives::Change::kNone);
  EXPECT_EQ(lives.main().pid, 2);
  EXPECT_EQ(lives.look({member_of(2, 1, 1, 99)}), Lives::Change::kBegan);  // its pid again
  EXPECT_EQ(lives.look({}), Lives::Change::kEnded);
  EXPECT_EQ(lives.look({member_of(3, 1, 1)}), Lives::Change::kBegan);
  EXPECT_EQ(lives.count(), 3);
}

double value(const std::string& place, const std::string& text) {
  return value_in(parse_metric("m=http://127.0.0.1:1/x#" + place), text);
}

std::string error_of(const std::string& place, const std::string& text) {
  try {
    value(place, text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(WatchMetric, IsFoundByAJsonPointer) {
  const std::string text = R"({"a": [{"n": 1}, {"n": 2.5, "s": "17"}], "b": {"c.d": [4, [5, 6]]}})";
  EXPECT_EQ(value("/a/0/n", text), 1);
  EXPECT_EQ(value("/a/1/n", text), 2.5);
  EXPECT_EQ(value("/a/1/s", text), 17);
  EXPECT_EQ(value("/b/c.d/0", text), 4);
  EXPECT_EQ(value("/b/c.d/1/1", text), 6);
  EXPECT_EQ(error_of("/a/2/n", text), "no number at '/a/2/n'");
  EXPECT_EQ(error_of("/a", text), "no number at '/a'");
  EXPECT_NE(error_of("/a", "{"), "no error");
}

TEST(WatchMetric, IsFoundByANameOfPrometheus) {
  const std::string text =
      "# HELP hits of all\nhits{a=\"1\"} 3 1700\nhits{a=\"2\"} 4\nhits_total 9\nload 0.5\nx NaN\n";
  EXPECT_EQ(value("hits", text), 7);
  EXPECT_EQ(value("hits{a=\"2\"}", text), 4);
  EXPECT_EQ(value("load", text), 0.5);
  EXPECT_EQ(error_of("x", text), "no sample of 'x'");
  EXPECT_EQ(error_of("hit", text), "no sample of 'hit'");
}

// A copy of what the kernel shows.
class WatchCgroup : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& text) {
    fs::create_directories((scratch_.path / path).parent_path());
    write_file(scratch_.path / path, text);
  }
  soak::Values values(const std::string& path) {
    ProcReader reader;
    soak::Values out;
    read_cgroup(reader, scratch_.path / path, out);
    return out;
  }
  Scratch scratch_;
};

TEST_F(WatchCgroup, OfVersionTwoIsRead) {
  file("cgroup.procs", "");
  file("system.slice/nginx.service/cgroup.procs", "7\n8\n");
  file("system.slice/nginx.service/inner/cgroup.procs", "9\n");
  file("system.slice/nginx.service/memory.current", "1000\n");
  file("system.slice/nginx.service/memory.max", "5000\n");
  file("system.slice/nginx.service/memory.stat", "anon 10\nfile 20\nkernel_stack 1\nkernel 30\n");
  file("system.slice/nginx.service/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n");
  file("system.slice/nginx.service/memory.pressure",
       "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.00 total=5\n");
  const auto unit = cgroup_of_unit("nginx", scratch_.path);
  ASSERT_TRUE(unit);
  EXPECT_THAT(*processes_in(*unit), ::testing::ElementsAre(7, 8, 9));
  EXPECT_EQ(limit_of(*unit), 5000);
  const soak::Values read = values("system.slice/nginx.service");
  EXPECT_EQ(read.get(soak::Column::kCgroupCurrent), 1000);
  EXPECT_EQ(read.get(soak::Column::kCgroupAnon), 10);
  EXPECT_EQ(read.get(soak::Column::kCgroupFile), 20);
  EXPECT_EQ(read.get(soak::Column::kCgroupKernel), 30);
  EXPECT_EQ(read.get(soak::Column::kCgroupHigh), 1);
  EXPECT_EQ(read.get(soak::Column::kOomKills), 4);
  EXPECT_EQ(read.get(soak::Column::kCgroupPressure), 77);
}

TEST_F(WatchCgroup, OfAContainerIsFoundByTheStartOfItsId) {
  file("memory/cgroup.procs", "");
  file("memory/docker/1234abcdef5678/cgroup.procs", "");
  file("memory/machine.slice/libpod-77aa00112233.scope/cgroup.procs", "");
  EXPECT_EQ(cgroup_of_container("1234abcd", scratch_.path)->filename(), "1234abcdef5678");
  EXPECT_EQ(cgroup_of_container("77aa0011", scratch_.path)->filename(),
            "libpod-77aa00112233.scope");
  EXPECT_FALSE(cgroup_of_container("ffff", scratch_.path));
  EXPECT_THROW(cgroup_of_container("xyz", scratch_.path), UsageError);
}

TEST_F(WatchCgroup, WithoutALimitHasNone) {
  file("a/memory.max", "max\n");
  file("b/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(limit_of(scratch_.path / "a"));
  EXPECT_FALSE(limit_of(scratch_.path / "b"));
}

}  // namespace
}  // namespace tidemark::leakwatch
