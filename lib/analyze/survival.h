#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace tidemark {

inline constexpr double kStillAlive = std::numeric_limits<double>::infinity();

// What was seen of one block, or of `count` alike: it lived for `low_s` at least, and was
// freed before it was `high_s` old; kStillAlive: it lives, and is `low_s` old.
struct Lifetime {
  double low_s = 0;
  double high_s = kStillAlive;
  double count = 1;
};

// The share of the blocks that reach an age, and between what it lies with 95 % probability.
struct SurvivalStep {
  double age_s = 0;
  double share = 1;
  double low = 1;
  double high = 1;
};

// How long those that are old still live, by what happened to those that grew older.
struct Remaining {
  double deaths = 0;
  double mean_s = 0;  // at the rate at which they die; kStillAlive: none has died
  double low_s = 0;   // with 95 % probability the mean lies between these
  double high_s = kStillAlive;
};

// What the ages of the blocks of one allocation site say: a life table.
//
// A block that lives is censored: it will be older. One that was freed is known to an
// interval, between two looks or two of the agent's age buckets, and counts in equal parts
// over it. The table has narrow intervals of age; in each the share q of those that came to
// it dies, where who is censored in it counts for half (Cutler and Ederer, Maximum
// utilization of the life table method, J Chronic Dis 8, 1958: the actuarial form of Kaplan
// and Meier's estimate, JASA 53, 1958). The curve is the product of 1 - q. Its variance is
// Greenwood's (The errors of sampling of the survivorship tables, 1926), its interval
// Wilson's for as many blocks as that variance stands for (Rothman, J Chronic Dis 31, 1978):
// it is right where nobody died, and where nobody is left. The curve ends where fewer than
// three blocks are watched.
//
// Every block counts alike. Sampled blocks that are small beside the sampler's mean stand
// for equal numbers of bytes, so this is then the share of the bytes that live.
struct Survival {
  double blocks = 0;  // seen, dead or alive
  double deaths = 0;
  double living_young = 0;  // alive, and younger than half of watched_s
  double living_old = 0;
  double watched_s = 0;             // no block could be watched for longer
  std::vector<SurvivalStep> steps;  // the first is {0, 1, 1, 1}; empty without blocks
  Remaining past_quarter;           // of those older than a quarter of watched_s
  Remaining past_half;
  SurvivalStep old_to_oldest;  // of those older than half, who reaches the oldest age watched

  // The step at that age: the last one that is not later. REQUIRES: blocks > 0.
  const SurvivalStep& at(double age_s) const;
};

// REQUIRES: low_s <= high_s, none negative; watched_s > 0.
Survival survival_of(std::span<const Lifetime> lifetimes, double watched_s);

// What becomes of the blocks of a site.
enum class Fate : std::uint8_t {
  kLeak,       // some never die, and they become ever more
  kCache,      // they live long, but all are replaced in the end
  kStays,      // they do not die, but do not become more either: made once
  kTemporary,  // they die young
  kUnknown,    // there is not enough to tell
};

// "leak", "cache", "stays", "temporary", "not-enough-data": for people and files.
std::string_view name_of(Fate fate);

// Decides, where `grows` says whether the memory of the site still grows (site_growth.h).
//
//   leak       it grows, the share that outlives half of the time watched is above 0, and
//              the old die so seldom that they go on to live for three times as long as was
//              watched, at least; 97.5 % certain of each. It rests on some 40 blocks none of
//              which died. A cache that was never full in all the time looks the same: it has
//              evicted nothing.
//   cache      the old die so fast that they live for less than was watched; or half of
//              those that get old die before the oldest; or hardly any gets old, and it does
//              not grow
//   temporary  as a cache, but 19 of 20 die within a tenth of the time watched
//   stays      as a leak, but it does not grow, and few are made any more
//
// Tests measure how often that is right over simulated lifetimes. Blocks that die together (a
// table that is cleared) are fewer facts than they seem.
Fate fate_of(const Survival& survival, bool grows);

}  // namespace tidemark
