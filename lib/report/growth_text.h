#pragma once

#include <cstddef>
#include <string>

#include "lib/analyze/growth_report.h"

namespace tidemark {

struct GrowthTextOptions {
  std::size_t limit = 10;  // sites of each trend; 0: all
  std::size_t width = 80;  // columns; 0: as long as they are
  bool colour = false;     // terminal escapes
};

// The sentence: "2 of 1,204 allocation sites grow, together by 27 MiB an hour; the fastest
// is leak_session_token (service.cpp:31)".
std::string growth_sentence(const GrowthReport& report);

// The sites as a table for a terminal, behind that sentence. Names are made safe to print.
std::string growth_text(const GrowthReport& report, const GrowthTextOptions& options);

}  // namespace tidemark
