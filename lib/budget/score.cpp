#include "lib/budget/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tidemark::budget {
namespace {

// 94.96 is not shown as 95.0 beside a band that begins there; 95 that came out as 94.9999999999
// is 95.
double cut_to_tenths(double points) { return std::floor(10 * points + 1e-6) / 10; }

std::string cap_text(const std::vector<std::string>& failed_hard) {
  if (failed_hard.empty()) return "";
  if (failed_hard.size() == 1) return failed_hard.front();
  return fmt::format("{} and {} more", failed_hard.front(), failed_hard.size() - 1);
}

}  // namespace

double points_of(const Tally& tally) {
  const double all =
      tally.passed + tally.failed + tally.inconclusive + tally.not_done + tally.waived;
  return all > 0 ? (tally.passed + (tally.inconclusive + tally.waived) / 2) / all : 0;
}

Score score_of(std::vector<Score::Row> rows, const std::vector<std::string>& failed_hard,
               const Bands& bands) {
  double sum = 0;
  double weights = 0;
  for (const Score::Row& row : rows) {
    sum += row.weight * std::clamp(row.points, 0.0, 1.0);
    weights += row.weight;
  }
  Score score{.cap = cap_text(failed_hard), .rows = std::move(rows)};
  score.points = weights > 0 ? cut_to_tenths(100 * sum / weights) : 0;
  if (!score.cap.empty()) score.points = std::min(score.points, bands.hard_cap);
  score.band = score.points >= bands.ready    ? "ready"
               : score.points >= bands.nearly ? "nearly ready"
                                              : "not ready";
  return score;
}

}  // namespace tidemark::budget
