#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/result.h"

namespace tidemark::pressure {

// How reports say it.

int exit_code(load::Ending ending);
std::string_view mark_of(load::Ending ending);   // "passed", "limit crossed", ...
std::string_view class_of(load::Ending ending);  // of the style sheet: "clean", "found", ...

// One sentence: "1 of 6 limits is crossed: p95@x10 < 10ms, measured 51.8 ms".
std::string headline(const load::RunResult& result);

// What was measured for a limit, in people's units; empty when nothing was.
std::string measured_text(const load::LimitResult& limit);

// Of a label's requests those that failed.
std::int64_t failed_of(const load::LabelResult& label);
std::string errors_text(const load::LabelResult& label);

// "all" for the label of all requests together, else the label's name.
std::string label_text(const load::LabelResult& label);

// The labels with those of all requests together before the others. They point into `labels`.
std::vector<const load::LabelResult*> all_first(const std::vector<load::LabelResult>& labels);

// Answers a second in the label's stage, or in the whole run; 0 when its length is not known.
double rate_of(const load::RunResult& result, const load::LabelResult& label);

}  // namespace tidemark::pressure
