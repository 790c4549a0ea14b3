#include "tools/pressure/engine/schedule.h"

#include <algorithm>
#include <cmath>

namespace tidemark::pressure {
namespace {

constexpr double kNsPerSecond = 1e9;

double seconds(Time time) { return static_cast<double>(time) / kNsPerSecond; }

}  // namespace

// The mean level times the seconds.
double Schedule::Stretch::due() const { return (from + to) / 2 * seconds(length); }

Schedule::Schedule(const load::LoadPlan& load, double scale, std::uint64_t seed)
    : arrivals_(load.arrivals), random_(seed) {
  const bool closed = load.arrivals == load::Arrivals::kClosed || load.ladder.has_value();
  if (closed) arrivals_ = load::Arrivals::kClosed;
  double level = 0;
  for (const load::Stage& stage : load::stages_of(load)) {
    starts_.push_back(length_);
    const double wanted = closed ? stage.clients : stage.rate / scale;
    add(level, wanted, stage.ramp);
    add(wanted, wanted, stage.hold);
    level = wanted;
  }
  // In the middle of its gap, so that none is due at the moment between two stages.
  if (arrivals_ == load::Arrivals::kConstant) due_ = -0.5;
  if (arrivals_ != load::Arrivals::kClosed) advance();
}

void Schedule::add(double from, double to, load::Duration length) {
  if (length.count() <= 0) return;
  const double before =
      stretches_.empty() ? 0 : stretches_.back().due_before + stretches_.back().due();
  stretches_.push_back(
      {.start = length_, .length = length.count(), .from = from, .to = to, .due_before = before});
  length_ += length.count();
}

void Schedule::advance() {
  due_ += arrivals_ == load::Arrivals::kPoisson ? random_.exponential(1) : 1;
  while (stretch_ < stretches_.size()) {
    const Stretch& here = stretches_[stretch_];
    const double inside = due_ - here.due_before;
    if (inside <= here.due()) {
      // from t + slope/2 t^2 = inside, solved so that equal ends do not divide by 0.
      const double slope = (here.to - here.from) / seconds(here.length);
      const double root = std::sqrt(std::max(0.0, here.from * here.from + 2 * slope * inside));
      const double at = 2 * inside / (here.from + root);
      next_ = here.start + std::min<Time>(here.length, std::llround(at * kNsPerSecond));
      return;
    }
    ++stretch_;
  }
  next_ = kNever;
}

const Schedule::Stretch* Schedule::stretch_at(Time time) const {
  const auto after = std::ranges::upper_bound(stretches_, time, {}, &Stretch::start);
  if (after == stretches_.begin() || time >= length_) return nullptr;
  return &*std::prev(after);
}

double Schedule::level_at(Time time) const {
  const Stretch* const here = stretch_at(time);
  if (here == nullptr) return 0;
  const double share = static_cast<double>(time - here->start) / static_cast<double>(here->length);
  return here->from + (here->to - here->from) * share;
}

double Schedule::rate_at(Time time) const {
  return arrivals_ == load::Arrivals::kClosed ? 0 : level_at(time);
}

int Schedule::clients_at(Time time) const {
  return arrivals_ == load::Arrivals::kClosed ? static_cast<int>(std::ceil(level_at(time))) : 0;
}

}  // namespace tidemark::pressure
