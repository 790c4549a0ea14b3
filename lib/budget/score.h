#pragma once

#include <string>
#include <vector>

namespace tidemark::budget {

// How ready a campaign found its target, and how that came about. It sums up what the rules
// said and overrules none: a campaign with 97 points and a failed rule has failed.
struct Score {
  double points = 0;  // 0 to 100
  std::string band;   // "ready", "nearly ready", "not ready"
  std::string cap;    // which hard rule caps it; empty: none
  struct Row {
    std::string what;
    double weight = 0;
    double points = 0;  // 0 to 1
  };
  std::vector<Row> rows;
};

// From how many points on a band begins, and the most that a failed hard rule leaves.
struct Bands {
  double ready = 95;
  double nearly = 80;
  double hard_cap = 49;
};

// The weights of what was judged in one phase, by what it came to.
struct Tally {
  double passed = 0;
  double failed = 0;
  double inconclusive = 0;
  double not_done = 0;
  double waived = 0;
};

// What a phase brings, 0 to 1: the share of weight that passed. What is inconclusive or waived
// counts half, for it speaks neither for nor against; what was not done counts nothing, for
// silence is never success. A phase in which nothing was to be judged brings nothing and should
// be no row.
double points_of(const Tally& tally);

// 100 times the mean of the rows' points by weight, cut (never rounded up into a band) to tenths;
// at most `bands.hard_cap` when a hard rule failed. Without rows, or weights, there are no points.
Score score_of(std::vector<Score::Row> rows, const std::vector<std::string>& failed_hard,
               const Bands& bands);

}  // namespace tidemark::budget
