#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/model/finding.h"
#include "lib/suppress/rules.h"

namespace tidemark {

// When and of what the findings are.
struct Circumstances {
  std::string tool;   // the profiler that found them
  std::string today;  // as today() writes it
};

// Whether `rule` holds no longer. It holds on its last day.
bool is_expired(const SuppressionRule& rule, std::string_view today);

// Whether `rule` covers `finding`, expired or not.
bool covers(const SuppressionRule& rule, const Finding& finding, std::string_view tool);

// Findings taken apart. `suppressed_by` has the id of the first rule that
// covers it for each of `suppressed`; nothing is lost.
struct Applied {
  std::vector<Finding> kept;
  std::vector<Finding> suppressed;
  std::vector<std::string> suppressed_by;
};

// Expired rules suppress nothing.
Applied apply(const std::vector<SuppressionRule>& rules, std::vector<Finding> findings,
              const Circumstances& circumstances);

}  // namespace tidemark
