#include "tools/pressure/engine/mix.h"

#include <algorithm>

namespace tidemark::pressure {

Mix::Mix(const std::vector<load::Persona>& personas, Tally& tally, std::uint64_t seed)
    : random_(seed) {
  double shares = 0;
  for (const load::Persona& persona : personas) {
    if (persona.mix.empty()) continue;
    Kind kind{.session = persona.session};
    double weights = 0;
    for (const load::Request& request : persona.mix) {
      kind.items.push_back(
          {.request = &request, .label = tally.label(load::label_of(persona, request))});
      kind.up_to.push_back(weights += request.weight);
    }
    kinds_.push_back(std::move(kind));
    up_to_.push_back(shares += persona.share);
  }
}

std::size_t Mix::drawn(const std::vector<double>& up_to) {
  if (up_to.size() == 1) return 0;
  const double at = random_.unit() * up_to.back();
  const auto found = std::ranges::upper_bound(up_to, at);
  return std::min(static_cast<std::size_t>(found - up_to.begin()), up_to.size() - 1);
}

bool Mix::has_order() const {
  return std::ranges::any_of(kinds_, [](const Kind& kind) { return !kind.session.empty(); });
}

std::size_t Mix::persona() { return drawn(up_to_); }

std::size_t Mix::steps(std::size_t persona) const {
  return std::max<std::size_t>(kinds_[persona].session.size(), 1);
}

const Item& Mix::item(std::size_t persona, std::size_t step) {
  const Kind& kind = kinds_[persona];
  return kind.items[kind.session.empty() ? drawn(kind.up_to) : kind.session[step]];
}

}  // namespace tidemark::pressure
