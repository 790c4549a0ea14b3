#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/load/result.h"
#include "lib/load/scenario.h"
#include "tools/pressure/engine/tally.h"

namespace tidemark::pressure {

// How the requests of one second fared.
struct Health {
  std::int64_t at_ms = 0;  // the second's end
  std::int64_t length_ms = 1000;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t p95 = 0;  // ns
};

// Of these labels together. REQUIRES: they are labels of the second's tally.
Health health_of(const Second& second, std::span<const LabelId> requests);

// What the scenario's [pass] limits demand of all requests together; nothing: it does not
// say.
struct Demand {
  std::optional<double> errors;     // a share
  std::optional<std::int64_t> p95;  // ns
};
Demand demand_of(const std::vector<load::Limit>& pass, std::string_view stage);

// Finds out how long the target takes to be itself again after each fault.
//
// A second is good when the share of its requests that failed and their p95 are within
// what [pass] demands, or, where it demands nothing, within what was usual in the 10 s
// before the fault: 1 % more errors, twice the p95 (at least 1 ms more). The target is
// back when three seconds in a row were good after the fault was taken back; how long it
// took counts until the first of them began. A second in which no request ended says
// nothing. Memory stays flat: of the results at most 10,000 are kept, the slowest.
class Recovery {
 public:
  // The number of a fault that begins now. `memory`: of the target, 0 when not known.
  std::size_t begin(const std::string& what, std::int64_t at_ms, std::int64_t memory);
  // It was taken back.
  void end(std::size_t fault, std::int64_t at_ms);
  // It could not be done, or not be taken back.
  void fail(std::size_t fault, const std::string& why);

  void second(const Health& health, const Demand& demand, std::int64_t memory);

  // Whether the target has not come back from it yet.
  bool waits_for(std::size_t fault) const;

  // In the order in which they began.
  std::vector<load::FaultResult> results() const;

 private:
  struct Open {
    std::size_t number = 0;
    load::FaultResult result;
    bool disturbed = false;  // a second was not good
    int good = 0;            // seconds in a row
    std::int64_t good_since_ms = 0;
    void note(const Health& health, bool is_good);
  };
  bool is_good(const Health& health, const Demand& demand) const;
  void close(const Open& fault);

  std::size_t last_ = 0;
  std::vector<Open> open_;
  std::vector<std::pair<std::size_t, load::FaultResult>> closed_;
  std::deque<Health> usual_;  // seconds before the faults that are open
};

}  // namespace tidemark::pressure
