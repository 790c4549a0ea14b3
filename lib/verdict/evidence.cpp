#include "lib/verdict/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tidemark::verdict {
namespace {

constexpr std::size_t kMostPoints = 96;
constexpr std::size_t kFewestPoints = 12;
constexpr std::size_t kFewestOfLife = 3;
constexpr std::size_t kMostLives = 16;
constexpr double kUnlikeDays = 0.012;
constexpr double kMatters = 0.15;  // of the gate
constexpr double kNegligible = 0.003;
constexpr double kUsualGrowthMb = 100;   // a day: the scale of growth, where there is any
constexpr double kSelected = 1.15;       // causes were chosen by the same points
constexpr double kQuartileBonus = 0.75;  // least values must be clearly better
constexpr double kClockGain = 4;         // twice the log likelihood

bool saturates(Cause cause) {
  return cause == Cause::kWarmUp || cause == Cause::kFilling || cause == Cause::kFilled;
}

std::vector<double> weights_of(const Curve& curve, const Model& model, bool steady_only) {
  std::vector<double> out;
  out.reserve(model.terms.size());
  for (const Term& term : model.terms) {
    const bool steady =
        term.cause == Cause::kGrowth || term.cause == Cause::kKink || term.cause == Cause::kSpeedUp;
    out.push_back(steady || !steady_only ? curve.next_day(term) : 0);
  }
  return out;
}

Belief single(const Regression& fit, std::span<const double> weights) {
  return {.parts = {
              {.mean = fit.combined(weights),
               .sd = std::max(std::sqrt(fit.variance_factor(weights) * fit.error_variance()), 1e-9),
               .freedom = fit.degrees_of_freedom()}}};
}

// How uncertain steady growth is in a series, when slowing down is allowed for.
double slope_error(const Curve& curve) {
  Model model;
  model.terms = levels(curve);
  model.terms.push_back({.cause = Cause::kGrowth});
  const std::vector<FloorPoint>& points = curve.points();
  const double span = points.back().at_h - points.front().at_h;
  model.terms.push_back({.cause = Cause::kFilling, .scale_h = span / 8});
  if (curve.counts_requests()) model.terms.push_back({.cause = Cause::kLoad});
  model.noise = best_noise(curve, model, {});
  const Regression fit = regress(curve, model);
  const std::vector<double> weights = weights_of(curve, model, true);
  return std::sqrt(fit.variance_factor(weights) * fit.error_variance());
}

// A life with a few points says nothing, and each has a level of its own.
void leave_out_short_lives(std::vector<FloorPoint>& points) {
  std::vector<FloorPoint> out;
  out.reserve(points.size());
  std::size_t lives = 0;
  for (std::size_t end = points.size(); end > 0 && lives < kMostLives;) {
    std::size_t start = end - 1;
    while (start > 0 && points[start - 1].life == points[end - 1].life) --start;
    if (end - start >= kFewestOfLife) {
      out.insert(out.end(), points.rend() - static_cast<std::ptrdiff_t>(end),
                 points.rend() - static_cast<std::ptrdiff_t>(start));
      ++lives;
    }
    end = start;
  }
  std::ranges::reverse(out);
  points = std::move(out);
}

struct Chosen {
  std::vector<FloorPoint> points;
  double cycle_h = 0;
};

Chosen choose_series(const Blocks& blocks) {
  Chosen best;
  double best_error = HUGE_VAL;
  for (const Window& window : windows(blocks, kMostPoints)) {
    std::vector<FloorPoint> points = floor_series(blocks, window);
    leave_out_short_lives(points);
    if (points.size() < kFewestPoints) break;
    double error = slope_error(Curve(points, blocks, Clock::kTime));
    if (!window.least) error *= kQuartileBonus;
    if (error < best_error * 0.95) {
      best_error = error;
      best = {.points = std::move(points), .cycle_h = window.least ? window.length_h : 0};
    }
  }
  return best;
}

// The model with everything that fills up replaced by `rivals`.
Model with_rivals(const Model& model, std::span<const Term> rivals) {
  Model out = model;
  std::erase_if(out.terms, [](const Term& term) { return saturates(term.cause); });
  out.terms.insert(out.terms.end(), rivals.begin(), rivals.end());
  return out;
}

// The longest time from the stretch's start, or a life's, to the end of that life.
double longest_watched(const Curve& curve, double stretch_h) {
  double longest = 0;
  for (const FloorPoint& point : curve.points()) {
    const double start = std::max(stretch_h, curve.start_of_life_h(point.life));
    longest = std::max(longest, point.at_h - start);
  }
  return longest;
}

// P(no steady growth) when there may be something that fills up and looks straight
// for the length of the stretch, each way to do so weighed by how well it fits.
double not_straight(const Curve& curve, const Findings& found) {
  const double length = longest_watched(curve, found.stretch_h);
  std::vector<Model> models;
  for (const double part : {0.5, 0.25, 0.12, 0.06}) {
    const Term filling{.cause = Cause::kFilling, .at_h = found.stretch_h, .scale_h = part * length};
    Model kept = found.model;
    kept.terms.push_back(filling);
    models.push_back(std::move(kept));
    models.push_back(with_rivals(found.model, std::array{filling}));
    for (const double warm : {0.05, 0.15}) {
      const Term warm_up{.cause = Cause::kWarmUp, .scale_h = warm * length};
      models.push_back(with_rivals(found.model, std::array{filling, warm_up}));
    }
    Model warm = found.model;
    warm.terms.push_back(
        {.cause = Cause::kWarmUp, .at_h = found.stretch_h, .scale_h = part * length});
    models.push_back(std::move(warm));
  }
  models.push_back(found.model);
  std::vector<double> fits;
  std::vector<double> doubts;
  const auto n = static_cast<double>(curve.points().size());
  for (const Model& model : models) {
    const Regression fit = regress(curve, model);
    const Belief growth = single(fit, weights_of(curve, model, true));
    fits.push_back(-0.5 * (n * std::log(std::max(fit.residual_squares(), 1e-12)) +
                           std::log(n) * static_cast<double>(fit.size())));
    doubts.push_back(1 - growth.above(0));
  }
  const double best = *std::ranges::max_element(fits);
  double sum = 0;
  double total = 0;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const double weight = std::exp(fits[i] - best);
    sum += weight * doubts[i];
    total += weight;
  }
  return sum / total;
}

// What is left of the values when load, the time of day and all that fills up are
// taken away.
enum class Fillings { kTakenAway, kKept };

std::vector<double> path_of(const Curve& curve, const Model& model, Fillings fillings) {
  const Regression fit = regress(curve, model);
  std::vector<double> path = curve.values();
  for (std::size_t i = 0; i < model.terms.size(); ++i) {
    const Cause cause = model.terms[i].cause;
    const bool day = cause == Cause::kDay || cause == Cause::kDayLate;
    const bool fills = saturates(cause) && fillings == Fillings::kTakenAway;
    if (cause != Cause::kLoad && !day && !fills) continue;
    const std::vector<double> column = curve.column(model.terms[i]);
    for (std::size_t t = 0; t < path.size(); ++t) path[t] -= fit.coefficient(i) * column[t];
  }
  return path;
}

// The slope of the last part of the stretch, by itself.
Belief recent_slope(const Curve& curve, const Findings& found, double stretch_h) {
  Model model = found.model;
  const double from = curve.end_h() - std::max(0.25 * stretch_h, 1.0);
  std::erase_if(model.terms, [&](const Term& term) {
    return term.cause == Cause::kKink && term.at_h > from - 0.25 * stretch_h;
  });
  model.terms.push_back({.cause = Cause::kKink, .at_h = from});
  std::vector<double> weights = weights_of(curve, model, false);
  return single(regress(curve, model), weights);
}

// The growth to expect, time constants being known only roughly, and no growth
// being likelier than a little.
Belief next_day_of(const Curve& curve, const Model& model) {
  Belief out = belief(curve, model, weights_of(curve, model, false));
  const double main_fit = likelihood(curve, model);
  for (std::size_t i = 0; i < model.terms.size(); ++i) {
    if (!saturates(model.terms[i].cause)) continue;
    for (const double factor : {0.5, 0.7, 1.4, 2.0}) {
      Model other = model;
      other.terms[i].scale_h *= factor;
      const double weight = std::exp(0.5 * (likelihood(curve, other) - main_fit));
      if (weight < kNegligible) continue;
      Belief part = single(regress(curve, other), weights_of(curve, other, false));
      part.parts[0].weight = weight;
      out.parts.push_back(part.parts[0]);
    }
  }
  // What fills up goes on to do so; steady growth may be none at all.
  const Regression fit = regress(curve, model);
  const Belief steady = single(fit, weights_of(curve, model, true));
  const Belief all = single(fit, weights_of(curve, model, false));
  const double filling = std::max(all.mean() - steady.mean(), 0.0);
  const std::size_t known = out.parts.size();
  for (std::size_t i = 0; i < known; ++i) {
    Belief::Part none = out.parts[i];
    const double t = (none.mean - filling) / none.sd;
    none.weight *=
        kUsualGrowthMb / none.sd * std::pow(1 + t * t / none.freedom, -0.5 * (none.freedom + 1));
    none.mean = filling;
    out.parts.push_back(none);
  }
  // No day has exactly the requests of another.
  const double unlike = curve.clock() == Clock::kRequests ? kUnlikeDays : 0;
  double total = 0;
  for (const Belief::Part& part : out.parts) total += part.weight;
  for (Belief::Part& part : out.parts) {
    part.weight /= total;
    part.sd = std::hypot(kSelected * part.sd, unlike * part.mean);
  }
  return out;
}

double saturating_part(const Curve& curve, const Model& model) {
  const Regression fit = regress(curve, model);
  double all = 0;
  double saturating = 0;
  for (std::size_t i = 0; i < model.terms.size(); ++i) {
    const double growth = fit.coefficient(i) * curve.next_day(model.terms[i]);
    all += growth;
    if (saturates(model.terms[i].cause)) saturating += growth;
  }
  return all > 0 ? saturating / all : 0;
}

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return sorted[sorted.size() / 2];
}

void measure_rise(const Curve& curve, const Findings& found, Evidence& out) {
  const std::vector<FloorPoint>& points = curve.points();
  const double start = std::max(found.stretch_h, curve.start_of_life_h(points.back().life));
  const std::size_t first = curve.index_of(start);
  constexpr std::size_t kEnd = 5;  // points that make a level
  if (points.size() - first < 2 * kEnd) return;
  const std::vector<double> path = path_of(curve, found.model, Fillings::kKept);
  const std::span<const double> stretch = std::span(path).subspan(first);
  out.risen_mb = median(stretch.last(kEnd)) - median(stretch.first(kEnd));
  out.risen_h = points[points.size() - kEnd].at_h - points[first + kEnd].at_h;
}

double busiest(const Curve& curve, double from_h) {
  double most = 0;
  for (const FloorPoint& point : curve.points()) {
    if (point.at_h >= from_h) most = std::max(most, point.load);
  }
  return most;
}

// From the first block of the current life to the last points, less what the load
// explains.
double grown_since_start(const Curve& curve, const Blocks& blocks, const Model& model) {
  const FloorPoint& last = curve.points().back();
  const Block& first = *std::ranges::find(blocks.blocks(), last.life, &Block::life);
  const Regression fit = regress(curve, model);
  double by_load = 0;
  for (std::size_t i = 0; i < model.terms.size(); ++i) {
    if (model.terms[i].cause != Cause::kLoad) continue;
    by_load += fit.coefficient(i) * (last.load - first.load) / curve.mean_load();
  }
  return last.value - first.floor - by_load;
}

}  // namespace

std::optional<Evidence> gather(const Blocks& blocks, double gate_mb) {
  Chosen chosen = choose_series(blocks);
  if (chosen.points.size() < kFewestPoints) return std::nullopt;
  Curve curve(chosen.points, blocks, Clock::kTime);
  Findings found = find_causes(curve);
  if (curve.load_varies()) {
    Curve other(std::move(chosen.points), blocks, Clock::kRequests);
    Findings rival = find_causes(other);
    if (rival.score > found.score + kClockGain) {
      curve = std::move(other);
      found = std::move(rival);
    }
  }
  Evidence out{.points = curve.points().size(), .run_h = blocks.now_h()};
  const double start = std::max(found.stretch_h, curve.points().front().at_h);
  out.stretch_h = curve.end_h() - start;
  out.age_h = curve.end_h() - std::max(found.stretch_h, curve.start_of_life_h(curve.lives() - 1));
  out.next_day = next_day_of(curve, found.model);
  out.saturating_part = saturating_part(curve, found.model);
  out.recent = recent_slope(curve, found, out.stretch_h);
  const Regression fit = regress(curve, found.model);
  out.scatter_mb = std::sqrt(fit.error_variance());
  out.lumps = lumps_of(curve.points(), path_of(curve, found.model, Fillings::kTakenAway));
  if (out.lumps.dominate()) out.next_day = lump_belief(out.lumps);
  out.expected = out.next_day.mean();
  if (!std::isfinite(out.expected)) return std::nullopt;  // no memory is like that
  if (out.next_day.above(kMatters * gate_mb) > 0.9) out.not_straight = not_straight(curve, found);
  for (const double jump : found.jumps_mb) out.fallen_mb += std::max(-jump, 0.0);
  out.bounded_mb = grown_since_start(curve, blocks, found.model);
  measure_rise(curve, found, out);
  out.size_mb = curve.points().back().value;
  out.onset_h = found.onset_h;
  out.clock = curve.clock();
  out.requests_per_hour = curve.requests_per_hour();
  out.calm_h = curve.end_h() - found.quiet_since_h;
  out.busiest = busiest(curve, 0);
  out.busiest_since = busiest(curve, found.quiet_since_h);
  out.load_varies = curve.load_varies();
  out.load_known = curve.counts_requests();
  out.cycle_h = chosen.cycle_h;
  out.findings = std::move(found);
  return out;
}

}  // namespace tidemark::verdict
