#include "lib/verdict/curve.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace tidemark::verdict {
namespace {

constexpr double kDayHours = 24;
constexpr double kSlackHours = 0.1;
constexpr double kUneven = 0.01;

bool grows(Cause cause) { return cause == Cause::kGrowth || cause == Cause::kKink; }

double square_over_day(double ticks) { return ticks * ticks / kDayHours; }

}  // namespace

Curve::Curve(std::vector<FloorPoint> points, const Blocks& blocks, Clock clock)
    : points_(std::move(points)),
      clock_(clock),
      counts_requests_(blocks.counts_requests()),
      end_h_(blocks.now_h()) {
  for (const Life& life : blocks.lives()) life_starts_.push_back(life.start_h);
  if (points_.empty()) return;
  // The mean over whole days, when there is one: the next one will be like it.
  const std::vector<Block>& all = blocks.blocks();
  const auto day =
      std::ranges::lower_bound(all, end_h_ - kDayHours - kSlackHours, {}, &Block::mean_h);
  if (all.back().mean_h > day->mean_h) {
    requests_per_hour_ = (all.back().requests - day->requests) / (all.back().mean_h - day->mean_h);
  }
  double sum = 0;
  for (const FloorPoint& point : points_) sum += point.load;
  if (sum > 0) mean_load_ = sum / static_cast<double>(points_.size());
}

std::vector<double> Curve::values() const {
  std::vector<double> out;
  out.reserve(points_.size());
  for (const FloorPoint& point : points_) out.push_back(point.value);
  return out;
}

std::size_t Curve::index_of(double at_h) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(points_, at_h, {}, &FloorPoint::at_h) -
                                  points_.begin());
}

bool Curve::load_varies() const {
  if (!counts_requests_ || requests_per_hour_ <= 0) return false;
  const FloorPoint& first = points_.front();
  const FloorPoint& last = points_.back();
  const double hours = last.at_h - first.at_h;
  const double requests = last.requests - first.requests;
  return std::ranges::any_of(points_, [&](const FloorPoint& point) {
    const double even = (point.at_h - first.at_h) / hours;
    return std::abs((point.requests - first.requests) / requests - even) > kUneven;
  });
}

// Hours, or what the requests make at the mean rate.
double Curve::ticks(std::size_t i) const {
  if (clock_ == Clock::kTime || requests_per_hour_ <= 0) return points_[i].at_h;
  return points_[i].requests / requests_per_hour_;
}

double Curve::age(const Term& term, double at_h, std::size_t life) const {
  return std::max(at_h - std::max(term.at_h, life_starts_[life]), 0.0);
}

std::vector<double> Curve::steady_column(const Term& term) const {
  std::vector<double> out(points_.size(), 0);
  double origin = 0;  // ticks at the cause's start or the life's first point
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const bool before = term.cause == Cause::kKink && points_[i].at_h < term.at_h;
    const bool fresh = i == 0 || points_[i - 1].life != points_[i].life;
    if (before || fresh) origin = ticks(i);
    out[i] = ticks(i) - origin;
  }
  return out;
}

double Curve::value(const Term& term, const FloorPoint& point) const {
  const double turn = 2 * std::numbers::pi * point.at_h / term.scale_h;
  const double old = age(term, point.at_h, point.life);
  switch (term.cause) {
    case Cause::kLevel:
      return point.life == term.life ? 1 : 0;
    case Cause::kLoad:
      return point.load / mean_load_;
    case Cause::kDay:
      return std::sin(turn);
    case Cause::kDayLate:
      return std::cos(turn);
    case Cause::kSpeedUp:
      return square_over_day(old);
    case Cause::kJump:
      return point.life == term.life && point.at_h >= term.at_h ? 1 : 0;
    case Cause::kWarmUp:
      return 1 - std::exp(-old / term.scale_h);
    case Cause::kFilling:
      return std::log1p(old / term.scale_h);
    case Cause::kFilled:
      // In other lives it is full after the same time.
      return std::log1p(std::min(old, term.until_h - life_starts_[term.life]) / term.scale_h);
    case Cause::kGrowth:
    case Cause::kKink:
      break;
  }
  return 0;
}

std::vector<double> Curve::column(const Term& term) const {
  if (grows(term.cause)) return steady_column(term);
  std::vector<double> out;
  out.reserve(points_.size());
  for (const FloorPoint& point : points_) out.push_back(value(term, point));
  return out;
}

double Curve::next_day(const Term& term) const {
  if (grows(term.cause)) return kDayHours;
  if (points_.empty()) return 0;
  const double now = age(term, end_h_, points_.back().life);
  if (term.cause == Cause::kSpeedUp) return square_over_day(now + kDayHours) - square_over_day(now);
  if (term.cause == Cause::kWarmUp) {
    return std::exp(-now / term.scale_h) * (1 - std::exp(-kDayHours / term.scale_h));
  }
  if (term.cause == Cause::kFilling) {
    return std::log((now + kDayHours + term.scale_h) / (now + term.scale_h));
  }
  return 0;
}

}  // namespace tidemark::verdict
