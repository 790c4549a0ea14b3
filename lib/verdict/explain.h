#pragma once

#include <string>

#include "lib/verdict/leak_judge.h"

namespace tidemark::verdict {

// "a leak", "bounded", "no leak", "not enough data".
std::string_view words(Answer answer);

// Numbers as the sentence has them: "120 MB", "16 h", "120 MB ± 9.2 MB", and with
// both bounds when these are not equally far: "83 MB (23 MB to 203 MB)".
std::string size_words(double bytes);
std::string hours_words(double hours);
std::string estimate_words(const Estimate& bytes);

// What was decided and why, for someone who decides about a release: "leak: grows
// 5.1 MB/h ± 0.4 since hour 3.2, in step with requests, not with time; ..."
std::string explain(const LeakVerdict& verdict, const Blocks& blocks);

}  // namespace tidemark::verdict
