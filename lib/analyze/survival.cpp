#include "lib/analyze/survival.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tidemark {
namespace {

constexpr double kReach = 1.96;  // the normal distribution exceeds it with 2.5 %

constexpr std::size_t kEvenCells = 40;  // of the time watched
// Where more happens than the even ones show; those beyond the first of them do not count.
constexpr std::array<double, 9> kYoung = {1e-4, 1e-3, 1e-2, 0.1, 1, 10, 60, 600, 3600};

// What decides; see the header.
constexpr double kLeastBlocks = 20;
constexpr double kFewest = 3;         // who is watched in a cell that says something
constexpr double kManyLifetimes = 3;  // of the time watched: as good as for ever
constexpr double kHardlyAny = 0.05;
constexpr double kYoungAge = 0.1;  // of the time watched
constexpr double kHalf = 0.5;
constexpr double kMadeOnce = 0.25;  // as many young ones as old ones, at most

struct Cell {
  double from_s = 0;
  double to_s = 0;
  double at_risk = 0;
  double deaths = 0;
  double censored = 0;

  double width() const { return to_s - from_s; }
  double risk() const { return at_risk - censored / 2; }
};

std::vector<Cell> cells_for(double watched_s) {
  std::vector<double> edges;
  const double even = watched_s / static_cast<double>(kEvenCells);
  for (const double edge : kYoung) {
    if (edge < even) edges.push_back(edge);
  }
  for (std::size_t i = 1; i <= kEvenCells; ++i) edges.push_back(static_cast<double>(i) * even);
  std::vector<Cell> cells;
  double from = 0;
  for (const double edge : edges) {
    cells.push_back({.from_s = from, .to_s = edge});
    from = edge;
  }
  return cells;
}

std::size_t cell_of(const std::vector<Cell>& cells, double age_s) {
  const auto at = std::ranges::upper_bound(cells, age_s, {}, &Cell::to_s);
  return std::min(static_cast<std::size_t>(at - cells.begin()), cells.size() - 1);
}

// Spreads a death over the cells that it may be in.
void add_death(std::vector<Cell>& cells, const Lifetime& life, double watched_s) {
  const double low = std::min(life.low_s, watched_s);
  const double high = std::clamp(life.high_s, low, watched_s);
  const std::size_t first = cell_of(cells, low);
  const std::size_t last = cell_of(cells, high);
  if (first == last) {
    cells[first].deaths += life.count;
    return;
  }
  for (std::size_t i = first; i <= last; ++i) {
    const double part = std::min(high, cells[i].to_s) - std::max(low, cells[i].from_s);
    cells[i].deaths += life.count * part / (high - low);
  }
}

std::vector<Cell> table_of(std::span<const Lifetime> lifetimes, double watched_s) {
  std::vector<Cell> cells = cells_for(watched_s);
  double all = 0;
  for (const Lifetime& life : lifetimes) {
    all += life.count;
    if (life.high_s == kStillAlive) {
      cells[cell_of(cells, life.low_s)].censored += life.count;
    } else {
      add_death(cells, life, watched_s);
    }
  }
  for (Cell& cell : cells) {
    cell.at_risk = std::max(all, 0.0);
    all -= cell.deaths + cell.censored;
  }
  return cells;
}

// Wilson's interval for a share of `blocks`.
SurvivalStep step_of(double age_s, double share, double blocks) {
  const double reach = kReach * kReach / blocks;
  const double middle = (share + reach / 2) / (1 + reach);
  const double side = kReach / (1 + reach) * std::sqrt((share * (1 - share) + reach / 4) / blocks);
  return {.age_s = age_s,
          .share = share,
          .low = std::clamp(middle - side, 0.0, share),
          .high = std::clamp(middle + side, share, 1.0)};
}

// The product of what survives each cell, while there is somebody to watch.
std::vector<SurvivalStep> steps_over(std::span<const Cell> cells, double fewest) {
  std::vector<SurvivalStep> steps;
  if (cells.empty()) return steps;
  steps.push_back({.age_s = cells.front().from_s});
  double share = 1;
  double greenwood = 0;
  for (const Cell& cell : cells) {
    const double risk = cell.risk();
    if (risk < fewest) break;
    const double dies = std::min(cell.deaths / risk, 1.0);
    const bool some_live = dies < 1 - 1e-9;
    if (some_live) greenwood += dies / (risk * (1 - dies));
    share = some_live ? share * (1 - dies) : 0;
    // As many blocks as have this variance; where it is 0, those in the cell.
    const double blocks = greenwood > 0 && some_live ? (1 - share) / (share * greenwood) : risk;
    SurvivalStep step = step_of(cell.to_s, share, blocks);
    // No more reach it than came to the cell and may have left it alive. That says more than
    // the variance where nearly all die at once.
    const double cell_high = step_of(cell.to_s, 1 - dies, risk).high;
    step.high = std::min(step.high, steps.back().high * cell_high);
    steps.push_back(step);
    if (!some_live) break;
  }
  return steps;
}

// 97.5 % bounds of the mean of a Poisson number of which `count` was seen (Byar's).
double count_below(double count) {
  if (count <= 0) return 0;
  return count * std::pow(1 - 1 / (9 * count) - kReach / (3 * std::sqrt(count)), 3);
}
double count_above(double count) {
  const double next = count + 1;
  return next * std::pow(1 - 1 / (9 * next) + kReach / (3 * std::sqrt(next)), 3);
}

Remaining remaining_after(std::span<const Cell> cells) {
  Remaining out;
  double watched = 0;
  for (const Cell& cell : cells) {
    out.deaths += cell.deaths;
    watched += std::max(cell.at_risk - (cell.deaths + cell.censored) / 2, 0.0) * cell.width();
  }
  out.mean_s = out.deaths > 0 ? watched / out.deaths : kStillAlive;
  out.low_s = watched / count_above(out.deaths);
  const double least = count_below(out.deaths);
  if (least > 0) out.high_s = watched / least;
  return out;
}

// The cells of ages from `age_s` on.
std::span<const Cell> cells_past(std::span<const Cell> cells, double age_s) {
  const auto first = std::ranges::lower_bound(cells, age_s * (1 - 1e-9), {},
                                              [](const Cell& c) { return c.from_s; });
  return {first, cells.end()};
}

bool lives_for_ever(const Survival& survival) {
  const double long_enough = kManyLifetimes * survival.watched_s;
  const SurvivalStep& half = survival.at(survival.watched_s / 2);
  return half.age_s >= survival.watched_s * (0.5 - 1e-9) && half.low > 0 &&
         survival.old_to_oldest.share > kHalf &&
         std::max(survival.past_quarter.low_s, survival.past_half.low_s) >= long_enough;
}

}  // namespace

const SurvivalStep& Survival::at(double age_s) const {
  const auto after = std::ranges::upper_bound(steps, age_s * (1 + 1e-9), {}, &SurvivalStep::age_s);
  return *std::prev(after);
}

Survival survival_of(std::span<const Lifetime> lifetimes, double watched_s) {
  Survival out{.watched_s = watched_s};
  for (const Lifetime& life : lifetimes) {
    out.blocks += life.count;
    if (life.high_s != kStillAlive) {
      out.deaths += life.count;
    } else {
      (life.low_s > watched_s / 2 ? out.living_old : out.living_young) += life.count;
    }
  }
  if (out.blocks <= 0) return out;
  const std::vector<Cell> cells = table_of(lifetimes, watched_s);
  out.steps = steps_over(cells, kFewest);
  out.past_quarter = remaining_after(cells_past(cells, watched_s / 4));
  out.past_half = remaining_after(cells_past(cells, watched_s / 2));
  const std::vector<SurvivalStep> old = steps_over(cells_past(cells, watched_s / 2), 0.5);
  if (!old.empty()) out.old_to_oldest = old.back();
  return out;
}

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::kLeak:
      return "leak";
    case Fate::kCache:
      return "cache";
    case Fate::kStays:
      return "stays";
    case Fate::kTemporary:
      return "temporary";
    case Fate::kUnknown:
      break;
  }
  return "not-enough-data";
}

Fate fate_of(const Survival& survival, bool grows) {
  if (survival.blocks < kLeastBlocks) return Fate::kUnknown;
  const bool replaced = survival.past_half.high_s < survival.watched_s ||
                        survival.past_quarter.high_s < survival.watched_s ||
                        survival.old_to_oldest.high < kHalf;
  const auto hardly_any_reaches = [&](double share_of_time) {
    return survival.at(share_of_time * survival.watched_s).high <= kHardlyAny;
  };
  if (!replaced && lives_for_ever(survival)) {
    if (grows) return Fate::kLeak;
    if (survival.living_young < kMadeOnce * survival.living_old) return Fate::kStays;
  }
  if (!replaced && (grows || !hardly_any_reaches(kHalf))) return Fate::kUnknown;
  return hardly_any_reaches(kYoungAge) ? Fate::kTemporary : Fate::kCache;
}

}  // namespace tidemark
