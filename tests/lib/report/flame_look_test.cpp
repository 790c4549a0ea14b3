#include "lib/report/flame_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark {
namespace {

struct Row {
  ValueType type;
  std::string profile_title;
  std::int64_t total;
  std::string title;
  std::string count_name;
  Palette palette;
  double factor;
};

FlameLook look(const Row& row) {
  Profile profile(std::vector<ValueType>{row.type});
  profile.title = row.profile_title;
  profile.add(kRoot, std::vector<std::int64_t>{row.total});
  return look_of(profile, 0);
}

TEST(FlameLook, GoesByWhatIsCounted) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const Row kRows[] = {
      {{"samples", "count"}, "", 5, "Flame Graph", "samples", Palette::kHot, 1},
      {{"cpu-clock:u", "nanoseconds"},
       "cpu-clock:u",
       2 * kSecond,
       "CPU Flame Graph",
       "ms",
       Palette::kHot,
       1e-6},
      {{"cpu-clock", "nanoseconds"}, "", 5'000'000, "CPU Flame Graph", "us", Palette::kHot, 1e-3},
      {{"cpu-clock", "nanoseconds"}, "", 500, "CPU Flame Graph", "ns", Palette::kHot, 1},
      {{"cycles:u", "count"}, "cycles:u", 5, "CPU Flame Graph", "cycles", Palette::kHot, 1},
      {{"samples", "count"},
       "page-faults",
       5,
       "Page Fault Flame Graph",
       "samples",
       Palette::kMem,
       1},
      {{"page-faults:u", "count"},
       "",
       5,
       "Page Fault Flame Graph",
       "page faults",
       Palette::kMem,
       1},
      {{"exceptions:page_fault_user", "count"},
       "",
       5,
       "Page Fault Flame Graph",
       "page faults",
       Palette::kMem,
       1},
      {{"sched:sched_switch", "count"}, "", 5, "Off-CPU Flame Graph", "switches", Palette::kIo, 1},
      {{"offcpu", "microseconds"},
       "",
       5'000'000,
       "Off-CPU Time Flame Graph",
       "ms",
       Palette::kIo,
       1e-3},
      {{"block:block_rq_issue", "count"},
       "",
       5,
       "Block I/O Flame Graph",
       "requests",
       Palette::kIo,
       1},
      {{"inuse_space", "bytes"}, "heap", 5, "Memory in Use Flame Graph", "bytes", Palette::kMem, 1},
      {{"alloc_objects", "count"},
       "",
       5,
       "Allocation Flame Graph",
       "allocations",
       Palette::kMem,
       1},
      {{"peak_space", "bytes"}, "", 5, "Peak Memory Flame Graph", "bytes", Palette::kMem, 1},
      {{"leaked_space", "bytes"}, "", 5, "Leaked Memory Flame Graph", "bytes", Palette::kMem, 1},
      {{"leaked_space after", "bytes"},
       "",
       5,
       "Leaked Memory Flame Graph",
       "bytes",
       Palette::kMem,
       1},
      {{"samples before", "count"}, "", 5, "Flame Graph", "samples", Palette::kHot, 1},
      {{"space", "bytes"}, "", 5, "Memory Flame Graph", "bytes", Palette::kMem, 1},
      {{"probe_libc:malloc", "count"}, "", 5, "Allocation Flame Graph", "calls", Palette::kMem, 1},
      {{"syscalls:sys_enter_brk", "count"},
       "",
       5,
       "Heap Growth Flame Graph",
       "calls",
       Palette::kMem,
       1},
      {{"widgets", "count"}, "", 5, "Flame Graph", "widgets", Palette::kHot, 1},
  };
  for (const Row& row : kRows) {
    const FlameLook found = look(row);
    SCOPED_TRACE(row.type.name + " " + row.profile_title);
    EXPECT_EQ(found.title, row.title);
    EXPECT_EQ(found.count_name, row.count_name);
    EXPECT_EQ(found.palette, row.palette);
    EXPECT_DOUBLE_EQ(found.factor, row.factor);
  }
}

}  // namespace
}  // namespace tidemark
