#include "lib/analyze/lifetimes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kSecond = 1'000'000'000;

LivingBlock born(double at_s, std::uint64_t size = 64) {
  return {.born_ns = static_cast<std::uint64_t>((1000 + at_s) * 1e9), .size = size, .thread = 1};
}

// `at_s` seconds after the start; so many were freed younger than 1 s, and later.
SiteLook look(double at_s, std::vector<LivingBlock> living, std::int64_t young = 0,
              std::int64_t old = 0) {
  return {.since_ns = 1000 * kSecond,
          .now_ns = static_cast<std::uint64_t>((1000 + at_s) * 1e9),
          .living = std::move(living),
          .freed = {{.low_s = 0, .high_s = 1, .count = young},
                    {.low_s = 1, .high_s = kStillAlive, .count = old}}};
}

// "3..5 x1", "8.. x1": sorted by nothing.
std::vector<std::string> texts(const SiteLifetimes& lifetimes) {
  std::vector<std::string> all;
  for (const Lifetime& life : lifetimes.all()) {
    const auto number = [](double value) {
      std::string text = std::to_string(value);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
      return text;
    };
    all.push_back(number(life.low_s) + ".." +
                  (life.high_s == kStillAlive ? "" : number(life.high_s)) + " x" +
                  number(life.count));
  }
  return all;
}

TEST(SiteLifetimes, KnowsTheAgeOfABlockThatIsGoneByTheLooksAroundIt) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {born(2), born(3)}));
  lifetimes.add("a", look(12, {born(3)}, 0, 1));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("8..10 x1", "9.. x1"));
  EXPECT_EQ(lifetimes.watched_s(), 12);
}

TEST(SiteLifetimes, KnowsTheOthersByTheAgesAtWhichTheyWereFreed) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {}, 7, 1));
  lifetimes.add("a", look(12, {}, 9, 2));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("0..1 x7", "1..10 x1", "0..1 x2", "1..2 x1"));
}

TEST(SiteLifetimes, TakesWhatBothSay) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {born(9.5)}));
  lifetimes.add("a", look(12, {}, 1, 0));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("0.5..1 x1"));
}

TEST(SiteLifetimes, CountsABlockAsDeadWhoseFreeNobodySaw) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {born(1)}));
  lifetimes.add("a", look(12, {}));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("9..11 x1"));
}

TEST(SiteLifetimes, KeepsProcessesApart) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {born(1)}));
  lifetimes.add("b", look(10, {}));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("9.. x1"));
}

TEST(SiteLifetimes, GoesOnWithAnotherProcessOfTheSameName) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {born(1)}));
  SiteLook restarted = look(30, {born(25)}, 3);
  restarted.since_ns = 1020 * kSecond;
  lifetimes.add("a", restarted);
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("9.. x1", "5.. x1", "0..1 x3"));
  EXPECT_EQ(lifetimes.watched_s(), 10);
}

TEST(SiteLifetimes, CountsAnewAfterAReset) {
  SiteLifetimes lifetimes;
  lifetimes.add("a", look(10, {}, 7));
  lifetimes.add("a", look(12, {}, 2));
  EXPECT_THAT(texts(lifetimes), UnorderedElementsAre("0..1 x7", "0..1 x2"));
}

TEST(SiteLifetimes, OfNoLookAreNone) {
  EXPECT_THAT(SiteLifetimes().all(), IsEmpty());
  EXPECT_EQ(SiteLifetimes().watched_s(), 0);
}

}  // namespace
}  // namespace tidemark
