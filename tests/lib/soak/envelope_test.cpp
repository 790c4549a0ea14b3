#include "lib/soak/envelope.h"

#include <gmock/gmock.h>

#include <cstdint>

namespace tidemark::soak {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;
using Slot = Envelope::Slot;

// A point a second: its number, but one peak.
Envelope of_seconds(std::int64_t count, std::size_t most, std::int64_t peak_at) {
  Envelope envelope(most);
  for (std::int64_t i = 0; i < count; ++i) envelope.add(i * 1000, i == peak_at ? 1'000'000 : i);
  return envelope;
}

TEST(Envelope, KeepsEveryPointWhileThereAreFew) {
  EXPECT_THAT(of_seconds(3, 10, 1).slots(),
              ElementsAre(Slot{0, 0, 0}, Slot{1000, 1'000'000, 1'000'000}, Slot{2000, 2, 2}));
}

TEST(Envelope, IsBoundedAndLosesNoPeak) {
  const Envelope envelope = of_seconds(100'000, 1000, 54'321);
  EXPECT_LE(envelope.slots().size(), 1000U);
  EXPECT_GE(envelope.slots().size(), 400U);
  EXPECT_THAT(envelope.slots(), testing::Contains(Field(&Slot::high, 1'000'000)));
  EXPECT_EQ(envelope.slots().front().low, 0);
  EXPECT_EQ(envelope.slots().back(), (Slot{99'999'000, envelope.slots().back().low, 99'999}));
}

TEST(Envelope, AChartGetsASlotAColumnAndEveryPeak) {
  const Envelope envelope = of_seconds(86'400, 100'000, 70'000);
  const auto slots = envelope.between(0, 86'399'000, 500);
  EXPECT_LE(slots.size(), 502U);
  EXPECT_GE(slots.size(), 498U);
  EXPECT_THAT(slots, testing::Contains(Field(&Slot::high, 1'000'000)));
}

TEST(Envelope, APartIsWholeAndHasItsNeighbours) {
  EXPECT_THAT(of_seconds(10, 100, -1).between(3500, 5000, 100),
              ElementsAre(Slot{3000, 3, 3}, Slot{4000, 4, 4}, Slot{5000, 5, 5}, Slot{6000, 6, 6}));
}

TEST(Envelope, WhereNothingIsAreTheNeighboursAlone) {
  EXPECT_THAT(of_seconds(2, 100, -1).between(100, 200, 5),
              ElementsAre(Slot{0, 0, 0}, Slot{1000, 1, 1}));
  EXPECT_THAT(Envelope().between(0, 1, 1), IsEmpty());
}

TEST(Envelope, APointFromThePastCountsNow) {
  Envelope envelope;
  envelope.add(1000, 5);
  envelope.add(400, 9);
  EXPECT_THAT(envelope.slots(), ElementsAre(Slot{1000, 5, 9}));
}

TEST(Envelope, TimesMayBeAnything) {
  Envelope envelope(2);
  for (const std::int64_t at : {-7'000'000LL, -3LL, 5LL, 4'000'000'000'000LL}) {
    envelope.add(at, at);
  }
  EXPECT_THAT(envelope.slots(), SizeIs(2));
  EXPECT_EQ(envelope.slots().front().low, -7'000'000);
}

}  // namespace
}  // namespace tidemark::soak
