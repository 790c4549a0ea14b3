#include "lib/verdict/leak_judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/verdict/explain.h"

namespace tidemark::verdict {
namespace {

constexpr double kMegabyte = 1e6;
constexpr std::size_t kMostBlocks = 2048;
constexpr double kFirstLookHours = 1.5;
constexpr double kLookEvery = 0.08;  // of the time so far

Estimate estimate(const Belief& belief, double unit) {
  return {.value = belief.mean() * unit,
          .low = belief.quantile(0.025) * unit,
          .high = belief.quantile(0.975) * unit};
}

Estimate time_to(double headroom, const Estimate& per_day) {
  const auto hours = [&](double growth) {
    if (headroom <= 0) return 0.0;
    return growth > 0 ? 24 * headroom / growth : std::numeric_limits<double>::infinity();
  };
  return {.value = hours(per_day.value), .low = hours(per_day.high), .high = hours(per_day.low)};
}

// The part whose own slope over the stretch is the largest share of the growth.
void name_part(const Blocks& blocks, const Settings& settings, LeakVerdict& out) {
  if (!out.growth_bytes_per_day || out.growth_bytes_per_day->low <= 0) return;
  const double from = blocks.now_h() - out.evidence->stretch_h;
  const std::vector<Block>& all = blocks.blocks();
  const auto first = std::ranges::lower_bound(all, from, {}, &Block::mean_h);
  double mean_h = 0;
  double n = 0;
  for (auto it = first; it != all.end(); ++it, ++n) mean_h += it->mean_h;
  mean_h /= std::max(n, 1.0);
  const auto slope = [&](auto&& value) {
    double along = 0;
    double square = 0;
    for (auto it = first; it != all.end(); ++it) {
      if (it->life != all.back().life) continue;
      along += (it->mean_h - mean_h) * value(*it);
      square += (it->mean_h - mean_h) * (it->mean_h - mean_h);
    }
    return square > 0 ? along / square : 0;
  };
  const double whole = slope([](const Block& block) { return block.floor; });
  if (!(whole > 0)) return;
  for (std::size_t i = 0; i < std::min(settings.parts.size(), kMostParts); ++i) {
    const double share = slope([&](const Block& block) { return block.parts[i]; }) / whole;
    if (std::isfinite(share) && share > out.part_share) {
      out.part = settings.parts[i];
      out.part_share = std::min(share, 1.0);
    }
  }
}

}  // namespace

LeakJudge::LeakJudge(Settings settings)
    : settings_(std::move(settings)), blocks_(kMostBlocks, settings_.shortest_block_s) {
  next_look_h_ = kFirstLookHours;
}

void LeakJudge::add(const Sample& sample) {
  if (!blocks_.add(sample) || blocks_.now_h() < next_look_h_) return;
  next_look_h_ = blocks_.now_h() * (1 + kLookEvery);
  if (!first_alarm_s_) look();
}

void LeakJudge::look() {
  const std::optional<Evidence> evidence =
      gather(blocks_, settings_.gate_bytes_per_day / kMegabyte);
  if (!evidence) return;
  const Decision decision =
      decide(*evidence, settings_.gate_bytes_per_day / kMegabyte, Look::kInterim, false);
  if (decision.answer == Answer::kLeak) first_alarm_s_ = blocks_.sample_clock_s(blocks_.now_h());
}

LeakVerdict LeakJudge::verdict() const {
  LeakVerdict out{.first_alarm_s = first_alarm_s_,
                  .evidence = gather(blocks_, settings_.gate_bytes_per_day / kMegabyte)};
  if (out.evidence) {
    const Evidence& e = *out.evidence;
    const Decision decision = decide(e, settings_.gate_bytes_per_day / kMegabyte, Look::kLast,
                                     first_alarm_s_.has_value());
    out.answer = decision.answer;
    out.reason = decision.reason;
    out.confidence = decision.confidence;
    out.more_h = decision.more_h;
    out.growth_bytes_per_day = estimate(e.next_day, kMegabyte);
    if (e.load_known && e.requests_per_hour > 0) {
      out.growth_bytes_per_million_requests =
          estimate(e.next_day, kMegabyte * 1e6 / (24 * e.requests_per_hour));
    }
    if (settings_.limit_bytes) {
      out.hours_to_limit =
          time_to(*settings_.limit_bytes - e.size_mb * kMegabyte, *out.growth_bytes_per_day);
    }
    if (e.onset_h) out.onset_s = blocks_.sample_clock_s(*e.onset_h);
    if (out.answer == Answer::kLeak && !out.first_alarm_s) {
      out.first_alarm_s = blocks_.sample_clock_s(blocks_.now_h());
    }
    name_part(blocks_, settings_, out);
  } else {
    out.more_h = std::max(kFirstLookHours - blocks_.now_h(), 0.1);
  }
  out.text = explain(out, blocks_);
  return out;
}

}  // namespace tidemark::verdict
