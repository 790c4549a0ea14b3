#include "lib/load/result.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tidemark::load {
namespace {

constexpr std::array<std::string_view, 6> kEndings = {"passed",    "crossed", "target failed",
                                                      "not valid", "guard",   "interrupted"};
constexpr std::array<std::string_view, 4> kStates = {"passed", "crossed", "not applicable",
                                                     "not measured"};

}  // namespace

std::string_view name_of(Ending ending) { return kEndings.at(static_cast<std::size_t>(ending)); }
std::string_view name_of(LimitResult::State state) {
  return kStates.at(static_cast<std::size_t>(state));
}

const LabelResult* RunResult::find(std::string_view label, std::string_view stage) const {
  const auto found = std::ranges::find_if(
      labels, [&](const LabelResult& one) { return one.label == label && one.stage == stage; });
  return found == labels.end() ? nullptr : &*found;
}

double Scalability::efficiency(const Rung& rung) const {
  if (rungs.empty() || rung.clients <= 0) return 0;
  const Rung& least = *std::ranges::min_element(rungs, {}, &Rung::clients);
  const double one = least.clients == 1 || !lambda ? least.throughput / least.clients : *lambda;
  return one > 0 ? rung.throughput / (rung.clients * one) : 0;
}

}  // namespace tidemark::load
