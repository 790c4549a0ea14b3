#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/load/result.h"

namespace tidemark::pressure {

// The tables of a load's reports, for every format. A title that starts with '#' is of
// numbers. Cells are untrusted text.
struct TextTable {
  std::string name;
  std::vector<std::string_view> titles;
  std::vector<std::vector<std::string>> rows;
};

// What a reader wants to know first, by name.
std::vector<std::pair<std::string_view, std::string>> facts_of(const load::RunResult& result);

TextTable limits_table(const load::RunResult& result);

// One for the whole run, then one for each stage when there are several.
std::vector<TextTable> label_tables(const load::RunResult& result);

// The kinds that occurred, by label.
TextTable failures_table(const load::RunResult& result);
TextTable stages_table(const load::RunResult& result);
TextTable faults_table(const load::RunResult& result);
TextTable ladder_table(const load::Scalability& law);

// "5 % of the work is done one at a time (±0.4 %), ..., the knee is at 22 clients".
std::string scalability_text(const load::Scalability& law);

}  // namespace tidemark::pressure
