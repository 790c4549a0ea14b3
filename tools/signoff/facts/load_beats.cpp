// How sure is p95 of 18,000 requests? If each were on its own, the share of those above it would
// be binomial. But a garbage collection or a full disk delays all requests of a second, so
// seconds, not requests, are what chance deals out. For each number (the rate, the mean, the
// share above a percentile) we sum over each second what exceeds its expectation, take the
// variance of these sums, autocorrelation included (mean_error.h), and hold it against that of
// independent requests: the design effect, as surveys of households call it (Kish 1965). The
// interval of a percentile is then that of order statistics for so many fewer requests.

#include "tools/signoff/facts/load_beats.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/load/hlog.h"
#include "tools/signoff/facts/mean_error.h"

namespace tidemark::signoff {
namespace {

constexpr std::size_t kMostBeats = 64;

Beat* beat_at(Asked& asked, std::int64_t at_ms) {
  for (Stretch& stretch : asked.stretches) {
    if (at_ms < stretch.from_ms || at_ms >= stretch.to_ms) continue;
    if (stretch.beats.empty()) {
      stretch.beats.resize(kMostBeats);
      for (Beat& beat : stretch.beats) beat.over.resize(asked.thresholds.size());
    }
    const auto from = static_cast<double>(stretch.from_ms);
    const double part =
        (static_cast<double>(at_ms) - from) / (static_cast<double>(stretch.to_ms) - from);
    const auto place = static_cast<std::size_t>(part * static_cast<double>(kMostBeats));
    return &stretch.beats[std::min(place, kMostBeats - 1)];
  }
  return nullptr;
}

// The lines of a label are longer than those of all requests, so one may reach beyond its
// stage: its middle decides.
void take(Asked& asked, const load::Interval& interval) {
  Beat* beat = beat_at(asked, interval.start_ms + interval.length_ms / 2);
  if (beat == nullptr || interval.length_ms <= 0) return;
  // A second of several tags is still one second.
  if (interval.tag == asked.tags.front()) beat->ms += static_cast<double>(interval.length_ms);
  const auto count = static_cast<double>(interval.histogram.count());
  beat->count += count;
  beat->sum += interval.histogram.mean() * count;
  for (std::size_t i = 0; i < asked.thresholds.size(); ++i) {
    beat->over[i] +=
        count - static_cast<double>(interval.histogram.count_up_to(asked.thresholds[i]));
  }
}

double excess_of(const Beat& beat, const Trait& trait, double rate) {
  switch (trait.kind) {
    case Trait::Kind::kRate:
      return beat.count - rate * beat.ms;
    case Trait::Kind::kMean:
      return beat.sum - trait.expected * beat.count;
    case Trait::Kind::kOver:
      break;
  }
  return beat.over[trait.threshold] - trait.expected * beat.count;
}

}  // namespace

std::string read_beats(const std::filesystem::path& log, std::vector<Asked>& asked) {
  std::multimap<std::string, Asked*, std::less<>> by_tag;
  for (Asked& one : asked) {
    for (const std::string& tag : one.tags) by_tag.emplace(tag, &one);
  }
  try {
    const File file = read_file(log);
    return load::read_intervals(file.input(), [&](const load::Interval& interval) {
      const auto [first, last] = by_tag.equal_range(interval.tag);
      for (auto it = first; it != last; ++it) take(*it->second, interval);
    });
  } catch (const Error& error) {
    return error.what();
  }
}

std::optional<Spoilt> spoilt(const std::vector<std::vector<double>>& excesses, double count,
                             double variance) {
  std::vector<double> all;
  for (const std::vector<double>& stretch : excesses) {
    double mean = 0;
    for (const double excess : stretch) mean += excess / static_cast<double>(stretch.size());
    for (const double excess : stretch) all.push_back(excess - mean);
  }
  const auto found = mean_error(all);
  if (!found || count <= 0 || variance <= 0) return std::nullopt;
  const auto moments = static_cast<double>(all.size());
  const double of_sum = moments * moments * found->error * found->error;
  return Spoilt{.design = of_sum / (count * variance), .freedom = found->freedom};
}

std::optional<Spoilt> spoilt(const Asked& asked, const Trait& trait) {
  std::vector<std::vector<double>> excesses;
  double count = 0;
  for (const Stretch& stretch : asked.stretches) {
    double answers = 0;
    double ms = 0;
    for (const Beat& beat : stretch.beats) {
      answers += beat.count;
      ms += beat.ms;
    }
    if (ms <= 0) continue;
    std::vector<double>& here = excesses.emplace_back();
    for (const Beat& beat : stretch.beats) {
      if (beat.ms > 0) here.push_back(excess_of(beat, trait, answers / ms));
    }
    count += answers;
  }
  return spoilt(excesses, count, trait.variance);
}

}  // namespace tidemark::signoff
