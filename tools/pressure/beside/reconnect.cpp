#include "tools/pressure/beside/reconnect.h"

#include <algorithm>

namespace tidemark::pressure {
namespace {

constexpr Time kLow = 100 * kMillisecond;
constexpr Time kHigh = 30 * kSecond;
constexpr Time kGoodWhile = 10 * kSecond;
constexpr int kMostDoublings = 30;

}  // namespace

Backoff::Backoff(const load::Span& span)
    : low_(span.high.count() > 0 ? span.low.count() : kLow),
      high_(span.high.count() > 0 ? span.high.count() : kHigh) {
  low_ = std::clamp(low_, kMillisecond, std::max(high_, kMillisecond));
}

Time Backoff::next(Time stood, load::Random& random, Time at_least) {
  if (stood > 0 && stood >= std::min(high_, kGoodWhile)) failures_ = 0;
  const double doubled = static_cast<double>(std::max(low_, at_least)) *
                         static_cast<double>(std::int64_t{1} << failures_);
  const auto bound = static_cast<Time>(std::min(doubled, static_cast<double>(high_)));
  if (failures_ < kMostDoublings) ++failures_;
  return static_cast<Time>(random.below(static_cast<std::uint64_t>(std::max<Time>(bound, 0)) + 1));
}

void Attendance::begin(Time now, int clients) {
  *this = {};
  begun_ = last_ = now;
  clients_ = clients;
}

double Attendance::share(Time now) const {
  const double possible = static_cast<double>(clients_) * static_cast<double>(now - begun_);
  if (possible <= 0) return 0;
  return (together_ + static_cast<double>(there_) * static_cast<double>(now - last_)) / possible;
}

void Attendance::count(Time now, int change) {
  together_ += static_cast<double>(there_) * static_cast<double>(now - last_);
  last_ = now;
  there_ += change;
}

}  // namespace tidemark::pressure
