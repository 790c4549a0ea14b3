#include "lib/verdict/candidates.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tidemark::verdict {
namespace {

constexpr std::array<double, 14> kWarmUpsHours = {0.1, 0.16, 0.25, 0.4, 0.65, 1,  1.6,
                                                  2.5, 4,    6.5,  10,  16,   26, 42};
constexpr std::array<double, 7> kFillingsHours = {0.1, 0.17, 0.3, 0.55, 1, 1.8, 3};
constexpr std::array<double, 3> kFilledHours = {0.12, 0.35, 1};

// A bend of a day's length cannot be told from a slope within a few hours.
constexpr double kLongRunHours = 12;
constexpr double kExplained = 1e-7;  // by the others: of a column's square

// What a term has to explain, in twice the log likelihood: the more places or
// scales were tried, the more.
double price(const Term& term, double points) {
  switch (term.cause) {
    case Cause::kJump:
    case Cause::kKink:
      return 3 * std::log(points) + 2;
    case Cause::kFilled:
      return 2 * std::log(points) + 4;
    default:
      return std::log(points) + 4;
  }
}

void add_scaled(std::vector<double>& sums, const std::vector<double>& values, double factor) {
  double* const to = sums.data();
  const double* const from = values.data();
  for (std::size_t c = 0; c < sums.size(); ++c) to[c] += factor * from[c];
}

// One point of the filter of noise.h, for all candidates.
class Filter {
 public:
  explicit Filter(std::size_t count) : bound_(count), drift_(count), fresh_(count) {}

  const std::vector<double>& step(const Whitener::Step& step, const double* values) {
    const double keep = step.fresh ? 0 : step.keep;
    const double stay = step.fresh ? 0 : 1;
    double* const bound = bound_.data();
    double* const drift = drift_.data();
    double* const fresh = fresh_.data();
    for (std::size_t c = 0; c < fresh_.size(); ++c) {
      const double b = keep * bound[c];
      const double d = stay * drift[c];
      const double f = values[c] - b - d;
      bound[c] = b + step.gain_bound * f;
      drift[c] = d + step.gain_drift * f;
      fresh[c] = step.scale * f;
    }
    return fresh_;
  }

 private:
  std::vector<double> bound_;
  std::vector<double> drift_;
  std::vector<double> fresh_;
};

}  // namespace

// Sums over the points, for each candidate.
struct Candidates::Sums {
  Sums(std::size_t count, std::size_t columns)
      : square(count), residual(count), along(columns, std::vector<double>(count)) {}

  std::vector<double> square;
  std::vector<double> residual;
  std::vector<std::vector<double>> along;  // each column of the basis
};

Candidates::Candidates(const Curve& curve) {
  add_bends(curve);
  add_fillings(curve);
  add_changes(curve);
  lay_out(curve);
}

void Candidates::add_bends(const Curve& curve) {
  const double span = curve.points().back().at_h - curve.points().front().at_h;
  const bool long_run = span >= kLongRunHours;
  for (const double scale : kWarmUpsHours) {
    if (scale > (long_run ? 2 : 0.5) * span) break;
    add(curve, {.cause = Cause::kWarmUp, .scale_h = scale});
  }
  if (long_run) add(curve, {.cause = Cause::kSpeedUp});
  for (const double scale : kFillingsHours) {
    if (scale > span / 2) break;
    add(curve, {.cause = Cause::kFilling, .scale_h = scale});
  }
}

void Candidates::add_fillings(const Curve& curve) {
  const std::vector<FloorPoint>& points = curve.points();
  for (std::size_t i = 2; i + 2 < points.size(); i += 2) {
    for (const double scale : kFilledHours) {
      add(curve, {.cause = Cause::kFilled,
                  .scale_h = scale,
                  .until_h = points[i].at_h,
                  .life = points[i].life});
    }
  }
}

void Candidates::add_changes(const Curve& curve) {
  const std::vector<FloorPoint>& points = curve.points();
  for (std::size_t i = 1; i < points.size(); ++i) {
    const std::size_t life = points[i].life;
    if (life != points[i - 1].life) continue;
    const double between = 0.5 * (points[i].at_h + points[i - 1].at_h);
    add(curve, {.cause = Cause::kJump, .at_h = between, .life = life});
    if (i >= 2 && i + 3 < points.size()) {
      add(curve, {.cause = Cause::kKink, .at_h = points[i].at_h, .life = life});
    }
  }
}

void Candidates::add(const Curve& curve, const Term& term) {
  terms_.push_back(term);
  prices_.push_back(price(term, static_cast<double>(curve.points().size())));
  columns_.push_back(curve.column(term));
}

void Candidates::lay_out(const Curve& curve) {
  const std::size_t points = curve.points().size();
  rows_.resize(points * terms_.size());
  for (std::size_t c = 0; c < terms_.size(); ++c) {
    for (std::size_t i = 0; i < points; ++i) rows_[i * terms_.size() + c] = columns_[c][i];
  }
  columns_.clear();
}

double Candidates::worth(std::size_t c, const Sums& sums, const Regression& fit) const {
  // What slows down has causes of its own, which end.
  if (terms_[c].cause == Cause::kSpeedUp && sums.residual[c] < 0) return 0;
  double own = sums.square[c];
  for (const std::vector<double>& along : sums.along) own -= along[c] * along[c];
  if (own <= sums.square[c] * kExplained) return 0;
  const double gain = sums.residual[c] * sums.residual[c] / own;
  const double left = std::max(fit.residual_squares() - gain, 1e-12);
  return static_cast<double>(fit.points()) * std::log(fit.residual_squares() / left) - prices_[c];
}

std::optional<Candidates::Best> Candidates::best(const Curve& curve, const Model& model) const {
  const Whitener whitener(curve.points(), model.noise);
  const Regression fit = regress(curve, model);
  const std::vector<std::vector<double>> basis = fit.basis();
  const std::size_t count = terms_.size();
  Sums sums(count, basis.size());
  Filter filter(count);
  for (std::size_t i = 0; i < fit.points(); ++i) {
    const std::vector<double>& fresh = filter.step(whitener.steps()[i], &rows_[i * count]);
    add_scaled(sums.residual, fresh, fit.residuals()[i]);
    for (std::size_t k = 0; k < basis.size(); ++k) add_scaled(sums.along[k], fresh, basis[k][i]);
    for (std::size_t c = 0; c < count; ++c) sums.square[c] += fresh[c] * fresh[c];
  }
  const bool filling = std::ranges::count(model.terms, Cause::kFilling, &Term::cause) > 0;
  Best best;
  for (std::size_t c = 0; c < count; ++c) {
    if (filling && terms_[c].cause == Cause::kFilling) continue;
    const double brings = worth(c, sums, fit);
    if (brings > best.worth) best = {.term = terms_[c], .worth = brings, .price = prices_[c]};
  }
  if (best.worth <= 0) return std::nullopt;
  return best;
}

}  // namespace tidemark::verdict
