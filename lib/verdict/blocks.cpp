#include "lib/verdict/blocks.h"

#include <algorithm>
#include <cmath>

namespace tidemark::verdict {
namespace {

constexpr double kMegabyte = 1e6;
constexpr double kLoadMemoryHours = 300.0 / 3600;  // working sets follow the load within minutes
constexpr double kLongestStepHours = 12;
constexpr std::size_t kMostLives = 64;

Block joined(const Block& a, const Block& b) {
  const auto n = static_cast<double>(a.samples + b.samples);
  const double wa = static_cast<double>(a.samples) / n;
  const double wb = static_cast<double>(b.samples) / n;
  Block out = a;
  out.mean_h = wa * a.mean_h + wb * b.mean_h;
  out.floor = wa * a.floor + wb * b.floor;
  if (b.low < a.low) {
    out.low = b.low;
    out.low_h = b.low_h;
    out.low_load = b.low_load;
  }
  out.requests = wa * a.requests + wb * b.requests;
  out.load = wa * a.load + wb * b.load;
  out.samples = a.samples + b.samples;
  for (std::size_t i = 0; i < kMostParts; ++i) out.parts[i] = wa * a.parts[i] + wb * b.parts[i];
  return out;
}

}  // namespace

Blocks::Blocks(std::size_t most, double length_s)
    : most_(most), shortest_h_(length_s / 3600), length_h_(length_s / 3600) {}

bool Blocks::move_clock(double at_s) {
  if (!started_) {
    started_ = true;
    offset_s_ = at_s;
    last_at_s_ = at_s;
    return true;
  }
  const double step_h = (at_s - last_at_s_) / 3600;
  if (step_h == 0) {
    ++oddities_.duplicates;
    return false;
  }
  if (step_h < 0 || step_h > std::max(kLongestStepHours, now_h_)) {
    ++oddities_.clock_jumps;
    offset_s_ += (step_h - usual_step_h_) * 3600;
    now_h_ += usual_step_h_;
  } else {
    if (usual_step_h_ > 0 && step_h > std::max(20 * usual_step_h_, 0.1)) {
      ++oddities_.gaps;
      oddities_.gap_h += step_h;
    } else {
      usual_step_h_ += (usual_step_h_ == 0 ? 1 : 0.1) * (step_h - usual_step_h_);
    }
    now_h_ += step_h;
  }
  last_at_s_ = at_s;
  return true;
}

void Blocks::count_requests(double requests, double step_h) {
  if (!std::isfinite(requests) || requests < 0) return;
  if (!counted_) {
    counted_ = true;
    last_count_ = requests;
    return;
  }
  // A counter that fell was started again.
  const double fresh = requests >= last_count_ ? requests - last_count_ : requests;
  last_count_ = requests;
  requests_ += fresh;
  if (step_h <= 0) return;
  const double rate = fresh / (step_h * 3600);
  previous_load_ = load_;
  load_ += has_rate_ ? (1 - std::exp(-step_h / kLoadMemoryHours)) * (rate - load_) : rate;
  has_rate_ = true;
}

bool Blocks::add(const Sample& sample) {
  if (!std::isfinite(sample.bytes) || sample.bytes < 0 || !std::isfinite(sample.at_s)) {
    ++oddities_.rejected;
    return false;
  }
  const double before_h = now_h_;
  if (!move_clock(sample.at_s)) return false;
  if (lives_.empty() || lives_.back().id != sample.life) {
    close();
    lives_.push_back({.id = sample.life, .start_h = now_h_});
    if (lives_.size() > kMostLives) forget_oldest_life();
  } else if (open_.sum.samples > 0 && now_h_ >= open_.sum.start_h + shortest_h_) {
    close();
  }
  count_requests(sample.requests, now_h_ - before_h);
  Block& sum = open_.sum;
  const double value = sample.bytes / kMegabyte;
  if (sum.samples == 0) {
    sum = {.start_h = now_h_,
           .low = value,
           .low_h = now_h_,
           .low_load = load_,
           .life = lives_.size() - 1};
  }
  if (value < sum.low) {
    sum.low = value;
    sum.low_h = now_h_;
    sum.low_load = load_;
  }
  open_.values.push_back(value);
  sum.mean_h += now_h_;
  sum.requests += requests_;
  sum.load += load_;
  for (std::size_t i = 0; i < kMostParts; ++i) sum.parts[i] += sample.parts[i] / kMegabyte;
  ++sum.samples;
  return true;
}

void Blocks::close() {
  if (open_.sum.samples == 0) return;
  Block block = open_.sum;
  const auto n = static_cast<double>(block.samples);
  block.mean_h /= n;
  block.requests /= n;
  block.load /= n;
  for (double& part : block.parts) part /= n;
  const auto quartile = open_.values.begin() + static_cast<std::ptrdiff_t>(open_.values.size() / 4);
  std::nth_element(open_.values.begin(), quartile, open_.values.end());
  block.floor = *quartile;
  // Longer blocks are joined from short ones from the start: the quartile of a
  // long block is another measure than the mean of short ones' quartiles.
  if (!blocks_.empty() && together(blocks_.back(), block)) {
    blocks_.back() = joined(blocks_.back(), block);
  } else {
    blocks_.push_back(block);
  }
  open_.values.clear();
  open_.sum = {};
  if (blocks_.size() >= most_) join_neighbours();
}

bool Blocks::together(const Block& a, const Block& b) const {
  return a.life == b.life && b.start_h - a.start_h < length_h_ * 0.99;
}

void Blocks::forget_oldest_life() {
  std::erase_if(blocks_, [](const Block& block) { return block.life == 0; });
  for (Block& block : blocks_) --block.life;
  lives_.erase(lives_.begin());
}

void Blocks::join_neighbours() {
  length_h_ *= 2;
  std::vector<Block> out;
  out.reserve(most_);
  for (const Block& block : blocks_) {
    if (!out.empty() && together(out.back(), block)) {
      out.back() = joined(out.back(), block);
    } else {
      out.push_back(block);
    }
  }
  blocks_ = std::move(out);
}

}  // namespace tidemark::verdict
