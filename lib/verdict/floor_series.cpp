#include "lib/verdict/floor_series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace tidemark::verdict {
namespace {

// What is left out at the start of each life: everything warms up. The rest of
// a slow warm-up is left to the model.
constexpr double kWarmUpHours = 1;
constexpr double kWarmUpPart = 0.25;
constexpr std::size_t kFewestPoints = 10;
constexpr std::array<double, 7> kCycles = {1, 2, 4, 8, 16, 24, 32};  // in quartile windows

FloorPoint point_of(std::span<const Block> group, double life_start_h, bool least) {
  FloorPoint point{.life = group[0].life};
  if (least) {
    const Block& low = *std::ranges::min_element(group, {}, &Block::low);
    point.at_h = low.low_h;
    point.value = low.low;
    point.requests = low.requests;
    point.load = low.low_load;
  } else {
    std::vector<double> floors;
    floors.reserve(group.size());
    const auto n = static_cast<double>(group.size());
    for (const Block& block : group) {
      floors.push_back(block.floor);
      point.at_h += block.mean_h / n;
      point.requests += block.requests / n;
      point.load += block.load / n;
    }
    // Between the two lowest quartile's neighbours, so that two blocks give a mean.
    const std::size_t rank = (floors.size() - 1) / 4;
    std::ranges::nth_element(floors, floors.begin() + static_cast<std::ptrdiff_t>(rank));
    point.value = floors[rank];
  }
  point.age_h = point.at_h - life_start_h;
  return point;
}

double warm_up_h(const Blocks& blocks, std::size_t life) {
  const double start = blocks.lives()[life].start_h;
  const double end =
      life + 1 < blocks.lives().size() ? blocks.lives()[life + 1].start_h : blocks.now_h();
  return std::min(kWarmUpHours, kWarmUpPart * (end - start));
}

}  // namespace

std::vector<FloorPoint> floor_series(const Blocks& blocks, const Window& window) {
  const std::vector<Block>& all = blocks.blocks();
  std::vector<FloorPoint> points;
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t life = all[i].life;
    const double start = blocks.lives()[life].start_h;
    const double warm = start + warm_up_h(blocks, life);
    if (all[i].start_h < warm) {
      ++i;
      continue;
    }
    const double end = all[i].start_h + window.length_h * 0.999;
    std::size_t j = i;
    while (j < all.size() && all[j].life == life && all[j].start_h < end) ++j;
    const bool cut = all[j - 1].start_h + blocks.length_h() < end - 0.3 * window.length_h;
    // A window that is cut off by the end of a life may hold no whole cycle.
    if (!cut || !window.least) {
      points.push_back(point_of(std::span(all).subspan(i, j - i), start, window.least));
    }
    i = j;
  }
  return points;
}

std::vector<Window> windows(const Blocks& blocks, std::size_t most) {
  const double length = std::max(blocks.now_h() / static_cast<double>(most), blocks.length_h());
  std::vector<Window> out = {{.length_h = length}};
  for (const double cycle : kCycles) {
    if (cycle * length * static_cast<double>(kFewestPoints) > blocks.now_h()) break;
    out.push_back({.length_h = length * cycle, .least = true});
  }
  return out;
}

}  // namespace tidemark::verdict
