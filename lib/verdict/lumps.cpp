#include "lib/verdict/lumps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tidemark::verdict {
namespace {

constexpr double kStandsOut = 4.5;  // standard deviations
constexpr double kFewest = 3;
constexpr std::size_t kFewestMoves = 20;

struct Move {
  double mb = 0;
  double at_h = 0;
};

// The middle and the scale of moves that are not lumps.
struct Quiet {
  double middle = 0;
  double sd = 0;
};

Quiet quiet_moves(const std::vector<Move>& moves) {
  std::vector<double> sizes;
  sizes.reserve(moves.size());
  for (const Move& move : moves) sizes.push_back(move.mb);
  std::ranges::sort(sizes);
  const auto at = [&](double part) {
    return sizes[static_cast<std::size_t>(part * static_cast<double>(sizes.size() - 1))];
  };
  // The 5th, 25th and 50th part of a normal distribution.
  const double sd = std::max((at(0.25) - at(0.05)) / 0.97, 1e-3);
  return {.middle = std::min(at(0.5), at(0.25) + 0.674 * sd), .sd = sd};
}

double square_of_cv(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(values.size());
  const double mean = sum / n;
  return n < 2 || mean <= 0 ? 1 : (squares / n - mean * mean) * n / (n - 1) / (mean * mean);
}

// Neighbouring moves that stand out on the same side are one.
std::vector<Move> merged(const std::vector<Move>& moves, const Quiet& quiet, double side) {
  std::vector<Move> out;
  bool open = false;
  for (const Move& move : moves) {
    const double excess = side * (move.mb - quiet.middle);
    if (excess < kStandsOut * quiet.sd) {
      open = false;
      continue;
    }
    if (open) {
      out.back().mb += excess;
    } else {
      out.push_back({.mb = excess, .at_h = move.at_h});
    }
    open = true;
  }
  return out;
}

}  // namespace

bool Lumps::dominate() const {
  // At their rate, a silence of three times the mean gap has a probability of 5 %.
  const bool come = since_last_h * count < 3 * hours;
  return count >= kFewest && come && down_mb < 0.15 * up_mb && up_mb > 0.5 * net_mb &&
         up_mb < 1.5 * net_mb;
}

Lumps lumps_of(std::span<const FloorPoint> points, std::span<const double> path) {
  Lumps out;
  std::vector<Move> moves;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].life != points[i - 1].life) continue;
    moves.push_back({.mb = path[i] - path[i - 1], .at_h = points[i].at_h});
    out.net_mb += moves.back().mb;
    out.hours += points[i].at_h - points[i - 1].at_h;
  }
  if (moves.size() < kFewestMoves) return out;
  const Quiet quiet = quiet_moves(moves);
  const std::vector<Move> ups = merged(moves, quiet, 1);
  const double middle_h = 0.5 * (points.front().at_h + points.back().at_h);
  std::vector<double> sizes;
  std::vector<double> gaps;
  double squares = 0;
  double late_by = 0;  // mean distance from the middle
  for (std::size_t i = 0; i < ups.size(); ++i) {
    sizes.push_back(ups[i].mb);
    if (i > 0) gaps.push_back(ups[i].at_h - ups[i - 1].at_h);
    out.up_mb += ups[i].mb;
    squares += ups[i].mb * ups[i].mb;
    late_by += (ups[i].at_h - middle_h) / static_cast<double>(ups.size());
    if (ups[i].at_h > middle_h) {
      ++out.late_count;
      out.late_up_mb += ups[i].mb;
    }
  }
  const double span = points.back().at_h - points.front().at_h;
  out.trend = late_by / span * std::sqrt(12 * static_cast<double>(ups.size()));
  if (squares > 0) out.equal = out.up_mb * out.up_mb / squares;
  for (const Move& down : merged(moves, quiet, -1)) out.down_mb += down.mb;
  out.count = static_cast<double>(ups.size());
  out.since_last_h = points.back().at_h - (ups.empty() ? points.front().at_h : ups.back().at_h);
  // With few lumps, what they look like is not known well: between regular and
  // at random.
  constexpr double kDoubt = 3;
  constexpr double kUsual = 1.5;
  const double seen = square_of_cv(sizes) + square_of_cv(gaps);
  out.unevenness = (out.count * seen + kDoubt * kUsual) / (out.count + kDoubt);
  return out;
}

Belief lump_belief(const Lumps& lumps) {
  const double rate = 24 * lumps.net_mb / lumps.hours;
  const double relative = std::sqrt(lumps.unevenness / lumps.count);
  // A rate is positive, so its logarithm is what is normal: as equally likely
  // parts, at the middles of the sevenths of that distribution.
  constexpr std::array<double, 7> kDeviates = {-1.465, -0.792, -0.366, 0, 0.366, 0.792, 1.465};
  Belief out;
  for (const double z : kDeviates) {
    const double mean = rate * std::exp(relative * z - 0.5 * relative * relative);
    out.parts.push_back({.weight = 1.0 / kDeviates.size(),
                         .mean = mean,
                         .sd = 0.33 * relative * mean,
                         .freedom = std::max(2 * lumps.count, 4.0)});
  }
  return out;
}

}  // namespace tidemark::verdict
