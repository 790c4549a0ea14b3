#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/model/finding.h"
#include "lib/suppress/rules.h"

namespace tidemark {

// Rules in the words of the profilers, so that these need not even record what
// is suppressed. Both give less than apply(): a rule that the syntax cannot
// express exactly is left out, with a comment that says so; apply() after the
// run covers it. (valgrind matches mangled C++ names, and a function or a
// module, never both of one frame; LeakSanitizer knows no order of frames.)
// Expired rules are left out.
std::string valgrind_suppressions(const std::vector<SuppressionRule>& rules,
                                  std::string_view today);
std::string lsan_suppressions(const std::vector<SuppressionRule>& rules, std::string_view today);

// A [[suppress]] rule ready to be completed for `finding`: its kind and its
// stack as far as it has functions; owner and reason are for its author. Where
// the producer wrote a suppression of its own, it follows as a comment. `id`
// must be unique in the file. Empty when no frame has a function or module.
std::string ready_rule(const Finding& finding, std::string_view id);

}  // namespace tidemark
