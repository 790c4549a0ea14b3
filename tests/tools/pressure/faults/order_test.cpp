#include "tools/pressure/faults/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "tests/tools/pressure/faults/injection.h"
#include "tools/pressure/faults/kinds.h"

namespace tidemark::pressure {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Order, UnderstandsEachKind) {
  EXPECT_EQ(order_of(injection("pause 1500ms")).duration, milliseconds(1500));
  EXPECT_EQ(order_of(injection("connections 5000 3s")).count, 5000);
  EXPECT_EQ(order_of(injection("connections 5000")).duration, seconds(10));
  EXPECT_EQ(order_of(injection("reset 5%")).share, 0.05);
  EXPECT_EQ(order_of(injection("reset 5%")).duration, seconds(0));
  EXPECT_EQ(order_of(injection("memory 1GiB 30s")).bytes, std::int64_t{1} << 30);
  EXPECT_TRUE(order_of(injection("kill restart")).restart);
  EXPECT_FALSE(order_of(injection("kill")).restart);
  EXPECT_EQ(order_of(injection("delay 100ms 5s")).delay, milliseconds(100));
  EXPECT_EQ(order_of(injection("delay 100ms 5s")).duration, seconds(5));
}

TEST(Order, AFullDiskIsAPathOrASize) {
  EXPECT_EQ(order_of(injection("disk-full work/data 5s")).path, "work/data");
  EXPECT_EQ(order_of(injection("disk-full 1MiB 5s")).bytes, 1 << 20);
  EXPECT_EQ(order_of(injection("disk-full 1MiB 5s")).path, "");
}

TEST(Order, WhatIsNotOneIsRefused) {
  for (const char* text : {"pause 1s 2s", "pause soon", "reset 5", "reset 500%", "connections",
                           "connections -3", "kill me", "memory 30s", "nothing", "delay 5% 3s"}) {
    EXPECT_THROW(order_of(injection(text)), UsageError) << text;
  }
}

TEST(Order, EveryKindIsFoundByItsName) {
  for (const FaultKind* kind : fault_kinds()) EXPECT_EQ(&fault_kind(kind->name), kind);
  EXPECT_THROW(fault_kind("nothing"), UsageError);
}

}  // namespace
}  // namespace tidemark::pressure
