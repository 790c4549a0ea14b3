#include "lib/process/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr HostReading kCalm = {.memory_bytes = 10 * kGiB, .available_bytes = 2 * kGiB};
constexpr HostReading kFull = {.memory_bytes = 10 * kGiB, .available_bytes = 1 * kGiB};

TEST(Guard, SpeaksUpAfterSoManyReadingsInARow) {
  Guard guard({.polls = 3});
  EXPECT_FALSE(guard.check(kFull));
  EXPECT_FALSE(guard.check(kFull));
  EXPECT_EQ(guard.check(kFull),
            "90 % of the host's 10.0 GiB of memory are in use, the limit is 85 %");
}

TEST(Guard, ForgetsAPeak) {
  Guard guard({.polls = 2});
  EXPECT_FALSE(guard.check(kFull));
  EXPECT_FALSE(guard.check(kCalm));
  EXPECT_FALSE(guard.check(kFull));
  EXPECT_TRUE(guard.check(kFull));
}

TEST(Guard, WatchesASmallerControlGroup) {
  Guard guard({.polls = 1});
  HostReading reading = kCalm;
  reading.cgroup_limit_bytes = 2 * kGiB;
  reading.cgroup_used_bytes = 1 * kGiB;
  EXPECT_FALSE(guard.check(reading));
  reading.cgroup_used_bytes = 2 * kGiB;
  EXPECT_THAT(guard.check(reading).value(), HasSubstr("100 % of the control group's 2.0 GiB"));
}

TEST(Guard, WatchesTheCpuWhenAsked) {
  HostReading reading = kCalm;
  reading.cpu_pressure = 60;
  EXPECT_FALSE(Guard({.polls = 1}).check(reading));
  EXPECT_THAT(Guard({.cpu_pressure = 50, .polls = 1}).check(reading).value(),
              HasSubstr("60 % of the last 10 s, the limit is 50 %"));
  reading.cpu_pressure.reset();
  EXPECT_FALSE(Guard({.cpu_pressure = 50, .polls = 1}).check(reading));
}

TEST(Guard, StaysSilentAboutAHostItCannotRead) { EXPECT_FALSE(Guard({.polls = 1}).check({})); }

TEST(ReadHost, ReadsThisOne) {
  const HostReading reading = read_host();
  EXPECT_GT(reading.memory_bytes, 1 << 28);
  EXPECT_GT(reading.available_bytes, 1 << 24);
  EXPECT_LT(reading.available_bytes, reading.memory_bytes);
}

// A host made of files.
class PaperHost {
 public:
  PaperHost() {
    write("proc/meminfo", "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 4194304 kB\n");
  }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((scratch_.path / path).parent_path());
    write_file(scratch_.path / path, text);
  }
  HostReading read() const { return read_host(scratch_.path); }

 private:
  Scratch scratch_;
};

TEST(ReadHost, CountsNoPageCacheAsUsed) {
  const PaperHost host;
  EXPECT_EQ(host.read().memory_bytes, 8 * kGiB);
  EXPECT_EQ(host.read().available_bytes, 4 * kGiB);
  EXPECT_FALSE(host.read().cpu_pressure);
}

TEST(ReadHost, ReadsThePressure) {
  const PaperHost host;
  host.write("proc/pressure/cpu", "some avg10=12.50 avg60=1.00 avg300=0.00 total=1\n");
  EXPECT_EQ(host.read().cpu_pressure, 12.5);
}

TEST(ReadHost, FindsTheTightestGroupOfVersion2) {
  const PaperHost host;
  host.write("proc/self/cgroup", "0::/system/job\n");
  host.write("sys/fs/cgroup/system/job/memory.max", "max\n");
  host.write("sys/fs/cgroup/system/job/memory.current", "1\n");
  host.write("sys/fs/cgroup/system/memory.max", "1073741824\n");
  host.write("sys/fs/cgroup/system/memory.current", "1000000000\n");
  host.write("sys/fs/cgroup/system/memory.stat", "anon 5\ninactive_file 400000000\n");
  EXPECT_EQ(host.read().cgroup_limit_bytes, kGiB);
  EXPECT_EQ(host.read().cgroup_used_bytes, 600'000'000);
}

TEST(ReadHost, FindsTheGroupOfVersion1) {
  const PaperHost host;
  host.write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/a\n0::/\n");
  host.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1073741824\n");
  host.write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "500\n");
  host.write("sys/fs/cgroup/memory/a/memory.stat", "inactive_file 7\ntotal_inactive_file 100\n");
  EXPECT_EQ(host.read().cgroup_limit_bytes, kGiB);
  EXPECT_EQ(host.read().cgroup_used_bytes, 400);
}

TEST(ReadHost, FindsItsGroupInsideAContainer) {
  const PaperHost host;
  host.write("proc/self/cgroup", "0::/docker/4711\n");
  host.write("sys/fs/cgroup/memory.max", "1073741824\n");
  host.write("sys/fs/cgroup/memory.current", "500\n");
  EXPECT_EQ(host.read().cgroup_limit_bytes, kGiB);
}

TEST(ReadHost, ALimitBeyondTheHostsMemoryIsNone) {
  const PaperHost host;
  host.write("proc/self/cgroup", "4:memory:/\n");
  host.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  host.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "500\n");
  EXPECT_EQ(host.read().cgroup_limit_bytes, 0);
}

}  // namespace
}  // namespace tidemark
