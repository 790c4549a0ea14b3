#pragma once

#include <cstddef>
#include <string>

#include "lib/analyze/compare.h"
#include "lib/report/folded.h"

namespace tidemark {

// Two columns, as difffolded.pl writes them: "main;serve;f 3200 3300" a line, the
// value before and the value after, sorted bytewise by the stack. The values before
// are scaled by `ratio`, cut off towards 0. A stack that has neither value is left
// out; one whose value is scaled to 0 is not.
std::string to_folded_diff(const Compared& compared, Ratio ratio = {});

// The same in pieces.
void write_folded_diff(const Compared& compared, Ratio ratio, const TextSink& sink);

}  // namespace tidemark
