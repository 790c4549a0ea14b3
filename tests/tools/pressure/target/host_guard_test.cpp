#include "tools/pressure/target/host_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::pressure {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr HostReading kIdle = {.memory_bytes = 8 * kGiB, .available_bytes = 7 * kGiB};

TEST(HostGuard, ADiskWithTooLittleRoomStopsTheRunAfterAWhile) {
  HostGuard guard({.disk_free = 2 * kGiB, .within = std::chrono::seconds(3)}, {"/run", "/work"});
  EXPECT_FALSE(guard.check(kIdle, {9 * kGiB, kGiB}));
  EXPECT_FALSE(guard.check(kIdle, {9 * kGiB, kGiB}));
  EXPECT_EQ(guard.check(kIdle, {9 * kGiB, kGiB}),
            "1 GiB are left on the file system of /work, the guard wants 2 GiB");
}

TEST(HostGuard, RoomThatComesBackIsEnough) {
  HostGuard guard({.disk_free = 2 * kGiB, .within = std::chrono::seconds(2)}, {"/work"});
  EXPECT_FALSE(guard.check(kIdle, {kGiB}));
  EXPECT_FALSE(guard.check(kIdle, {3 * kGiB}));
  EXPECT_FALSE(guard.check(kIdle, {kGiB}));
}

TEST(HostGuard, MemoryAndCpuAreLibProcesss) {
  HostGuard guard({.memory = 0.5, .cpu = 0.9, .within = std::chrono::seconds(1)}, {});
  EXPECT_THAT(guard.check({.memory_bytes = 8 * kGiB, .available_bytes = kGiB}, {}).value(),
              HasSubstr("the limit is 50 %"));
  HostReading busy = kIdle;
  busy.cpu_pressure = 95;
  EXPECT_THAT(guard.check(busy, {}).value(), HasSubstr("the limit is 90 %"));
}

TEST(HostGuard, SaysHowMuchMemoryIsLeftBelowIt) {
  EXPECT_EQ(memory_room({.memory = 0.5}, kIdle), 3 * kGiB);
  HostReading host = kIdle;
  host.cgroup_limit_bytes = 4 * kGiB;
  host.cgroup_used_bytes = kGiB;
  EXPECT_EQ(memory_room({.memory = 0.5}, host), kGiB);
  host.cgroup_used_bytes = 3 * kGiB;
  EXPECT_EQ(memory_room({.memory = 0.5}, host), 0);
}

TEST(HostGuard, WithoutALimitDisksAreNotLookedAt) {
  HostGuard guard({.within = std::chrono::seconds(1)}, {"/no/such/place"});
  EXPECT_FALSE(guard.check(kIdle, {0}));
}

}  // namespace
}  // namespace tidemark::pressure
