// Any bytes are a budget file, whose rules decide about any numbers, or a UsageError that names
// the file. To replay a finding: budget_fuzz FILE.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "lib/base/error.h"
#include "lib/budget/budget_file.h"
#include "lib/budget/decision.h"

namespace {

using tidemark::budget::Budgets;
using tidemark::budget::Measure;
using tidemark::budget::Rule;

// A measure whose numbers are bytes of the file.
Measure measure_at(std::string_view bytes, std::size_t at, const Rule& rule) {
  double numbers[6] = {};
  if (at < bytes.size()) {
    std::memcpy(numbers, bytes.data() + at, std::min(sizeof numbers, bytes.size() - at));
  }
  return {.unit = rule.unit,
          .value = numbers[0],
          .exact = at % 2 == 1,
          .error = numbers[1],
          .freedom = numbers[2],
          .trials = numbers[3],
          .low = numbers[4],
          .high = numbers[5]};
}

void decide(const Rule& rule, std::string_view bytes) {
  tidemark::budget::Evidence evidence;
  for (std::size_t i = 0; i < 3; ++i) {
    evidence.runs.push_back(measure_at(bytes, 7 * i, rule));
    evidence.baseline.push_back(measure_at(bytes, 5 * i, rule));
  }
  const auto decision = tidemark::budget::decide(rule, evidence);
  if (decision.why.empty() || !std::isfinite(decision.margin) || !std::isfinite(decision.low) ||
      !std::isfinite(decision.high) || !std::isfinite(decision.standard_error)) {
    std::abort();
  }
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const Budgets budgets = tidemark::budget::parse_budgets({.name = "fuzz.toml", .bytes = bytes});
    tidemark::budget::check_budgets(budgets);
    for (const Rule& rule : budgets.rules) {
      if (rule.subject.name().empty() || rule.place.empty()) std::abort();
      decide(rule, bytes);
    }
  } catch (const tidemark::UsageError& error) {
    if (!std::string_view(error.what()).starts_with("fuzz.toml:")) std::abort();
  }
  return 0;
}
}
