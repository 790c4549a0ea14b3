#include "lib/verdict/cause_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/verdict/candidates.h"

namespace tidemark::verdict {
namespace {

constexpr std::size_t kMostCauses = 9;
constexpr std::size_t kPointsPerCause = 8;
constexpr double kLongMemoryHours = 8;
constexpr double kShortMemoryHours = 0.25;
constexpr std::size_t kManyJumps = 3;

Model simplest(const Curve& curve) {
  Model model{.terms = levels(curve)};
  model.terms.push_back({.cause = Cause::kGrowth});
  if (curve.counts_requests()) {
    model.terms.push_back({.cause = Cause::kLoad});
  } else {
    for (const double period : {24.0, 12.0}) {
      model.terms.push_back({.cause = Cause::kDay, .scale_h = period});
      model.terms.push_back({.cause = Cause::kDayLate, .scale_h = period});
    }
  }
  model.noise.memory_h = 0.25;
  return model;
}

void note_jumps(const Curve& curve, Findings& found) {
  const Regression fit = regress(curve, found.model);
  found.jumps_mb.clear();
  for (std::size_t i = 0; i < found.model.terms.size(); ++i) {
    if (found.model.terms[i].cause == Cause::kJump) found.jumps_mb.push_back(fit.coefficient(i));
  }
}

// Jumps that only go up, and too many of them, are the growth itself. Many jumps
// down are the ends of cycles, between which memory only seems to grow. Neither
// are events: they are noise that drifts, or forgets slowly.
void judge_jumps(const Curve& curve, Findings& found) {
  double up = 0;
  double down = 0;
  std::size_t ups = 0;
  std::size_t downs = 0;
  for (const double jump : found.jumps_mb) {
    (jump > 0 ? up : down) += std::abs(jump);
    ++(jump > 0 ? ups : downs);
  }
  const bool lumps = ups >= kManyJumps && down <= 0.2 * up;
  const Regression fit = regress(curve, found.model);
  double risen = 0;
  for (std::size_t i = 0; i < found.model.terms.size(); ++i) {
    if (found.model.terms[i].cause != Cause::kGrowth) continue;
    risen = fit.coefficient(i) * (curve.points().back().at_h - curve.points().front().at_h);
  }
  const bool cycles = downs >= 2 && down > 0.3 * risen;
  if (!lumps && !cycles) return;
  std::erase_if(found.model.terms, [](const Term& term) {
    return term.cause == Cause::kJump || term.cause == Cause::kKink;
  });
  if (lumps) found.model.noise.drift = 0.1;
  if (cycles) found.jumps_mb.clear();
}

// The last place where growth speeded up starts the stretch that is judged: what
// slows down from there is still the same growth.
void find_stretch(const Curve& curve, Findings& found) {
  const Regression fit = regress(curve, found.model);
  found.stretch_h = 0;
  for (std::size_t i = 0; i < found.model.terms.size(); ++i) {
    const Term& term = found.model.terms[i];
    const bool slows = term.cause == Cause::kKink && fit.coefficient(i) < 0;
    const bool rises = term.cause == Cause::kJump && fit.coefficient(i) > 0;
    if (slows || rises) found.quiet_since_h = std::max(found.quiet_since_h, term.at_h);
    if (term.cause == Cause::kFilled) {
      found.quiet_since_h = std::max(found.quiet_since_h, term.until_h);
    }
    if (term.cause != Cause::kKink || fit.coefficient(i) <= 0) continue;
    if (!found.onset_h || term.at_h > *found.onset_h) found.onset_h = term.at_h;
  }
  if (found.onset_h) found.stretch_h = *found.onset_h;
}

}  // namespace

namespace {

struct Search {
  Findings found;
  double longest_memory_h = 0;  // of the noises on the way
};

// Adds causes as long as they pay, with noise of limited memory: what wanders for
// longer than that has to be a cause, or be left to the noise of another search.
Search search(const Curve& curve, const Candidates& candidates, double longest_memory_h) {
  const Range range{.longest_memory_h = longest_memory_h};
  Search out{.found = {.model = simplest(curve)}};
  Findings& found = out.found;
  const std::size_t most = std::min(kMostCauses, curve.points().size() / kPointsPerCause);
  const auto settle = [&] {
    found.model.noise = best_noise(curve, found.model, range);
    out.longest_memory_h = std::max(out.longest_memory_h, found.model.noise.memory_h);
  };
  settle();
  double paid = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const auto best = candidates.best(curve, found.model);
    if (!best) break;
    found.model.terms.push_back(best->term);
    paid += best->price;
    settle();
  }
  note_jumps(curve, found);
  judge_jumps(curve, found);
  found.model.noise = best_noise(curve, found.model, {.drifts = true});
  found.score = likelihood(curve, found.model) - paid;
  return out;
}

}  // namespace

std::vector<Term> levels(const Curve& curve) {
  std::vector<Term> out;
  for (const FloorPoint& point : curve.points()) {
    if (out.empty() || out.back().life != point.life) {
      out.push_back({.cause = Cause::kLevel, .life = point.life});
    }
  }
  return out;
}

Findings find_causes(const Curve& curve) {
  const Candidates candidates(curve);
  Search best = search(curve, candidates, kLongMemoryHours);
  if (best.longest_memory_h > kShortMemoryHours) {
    Search rival = search(curve, candidates, kShortMemoryHours);
    if (rival.found.score > best.found.score) best = std::move(rival);
  }
  find_stretch(curve, best.found);
  return best.found;
}

}  // namespace tidemark::verdict
