#pragma once

#include <optional>
#include <vector>

#include "lib/verdict/blocks.h"
#include "lib/verdict/cause_search.h"
#include "lib/verdict/fit.h"
#include "lib/verdict/lumps.h"

namespace tidemark::verdict {

// Everything that a decision rests on, at one moment.
struct Evidence {
  std::size_t points = 0;
  double run_h = 0;
  double stretch_h = 0;  // how long the growth that is judged has been watched
  double age_h = 0;      // the same, in the current life only
  Belief next_day;       // growth in the next 24 hours, MB
  double expected = 0;   // its mean
  // P(no steady growth) when something that fills up is allowed for, at worst.
  double not_straight = 1;
  double saturating_part = 0;  // of the expected growth: a warm-up's or a filling's
  Belief recent;               // slope of the last part of the stretch, MB a day
  double bounded_mb = 0;       // how much the memory grew since its life began, load left out
  // By how much the current life really rose since the stretch began, and in what
  // time; the load and the time of day left out.
  double risen_mb = 0;
  double risen_h = 0;
  double size_mb = 0;             // at the end
  std::optional<double> onset_h;  // when something changed, after the start
  double scatter_mb = 0;          // standard deviation around the path
  Lumps lumps;
  double fallen_mb = 0;  // all jumps down
  Findings findings;
  Clock clock = Clock::kTime;
  double requests_per_hour = 0;
  double calm_h = 0;         // since the last thing ended that made memory grow
  double busiest = 0;        // most requests a second
  double busiest_since = 0;  // the same since then
  bool load_known = false;
  bool load_varies = false;
  double cycle_h = 0;
};

// Nothing when there are too few samples for anything.
// `gate_mb`: growth in a day that matters; what only concerns
// growth beyond a small part of it is left out when there is none.
std::optional<Evidence> gather(const Blocks& blocks, double gate_mb);

}  // namespace tidemark::verdict
