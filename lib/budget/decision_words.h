#pragma once

#include <string>

#include "lib/budget/decision.h"
#include "lib/budget/estimate.h"

namespace tidemark::budget {

// What a decision was made of.
struct Reasons {
  const Rule& rule;
  const Decision& decision;
  const Estimate& runs;
  const Estimate* baseline = nullptr;  // null: the rule is absolute
  int unusable = 0;                    // runs that gave no number
  bool differed = false;               // exact counts that are not the same in all runs
  std::string happened;                // of a share: "76 of 18,204"
};

// "1 run", "3 runs".
std::string runs_text(int runs);

// One sentence with the numbers, for one who does not know statistics.
std::string decision_words(const Reasons& reasons);

}  // namespace tidemark::budget
