#pragma once

#include <cstddef>
#include <vector>

#include "lib/load/scenario.h"
#include "lib/load/template.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// One request of one persona, and what its answers are counted under.
struct Item {
  const load::Request* request = nullptr;
  LabelId label{};
};

// What is asked for next: personas by their shares, requests by their weights, or one
// after the other where a persona's visits have an order.
class Mix {
 public:
  Mix(const std::vector<load::Persona>& personas, Tally& tally, std::uint64_t seed);

  bool empty() const { return kinds_.empty(); }

  // Whether any persona's visits have an order.
  bool has_order() const;

  // A persona by its share; a place for the others.
  std::size_t persona();

  // How many requests a visit of this persona makes.
  std::size_t steps(std::size_t persona) const;

  // What a visit asks for as its `step`-th request; drawn by weight where there is no order.
  const Item& item(std::size_t persona, std::size_t step);

 private:
  struct Kind {
    std::vector<Item> items;
    std::vector<double> up_to;  // sums of weights
    std::vector<std::size_t> session;
  };
  std::size_t drawn(const std::vector<double>& up_to);

  std::vector<Kind> kinds_;
  std::vector<double> up_to_;  // sums of shares
  load::Random random_;
};

}  // namespace tidemark::pressure
