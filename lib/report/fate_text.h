#pragma once

#include <string>
#include <string_view>

#include "lib/analyze/growth_report.h"

namespace tidemark {

// "never freed", "replaced", "made once", "die young", "too few to tell": a table's cell.
std::string_view words_of(Fate fate);

// What becomes of the blocks of a site, in a few words; empty when that is not known.
//
//   "blocks there do not die: 98 % (93 to 99) live after 1 h 00 min"
//   "12 % of the blocks there do not die: so many (9 to 16 %) live after 1 h 00 min"
//   "blocks there are replaced: half are gone after 12 min 00 s, 95 % after 40 min 00 s"
std::string fate_text(const SiteGrowth& growth);

// Why the memory grows, for the sentence of a verdict: up to three of the sites that grow,
// with their shares, rates and fates.
//
//   "62 % of the growth at session_store.cpp:42 (make_session), 24.0 ±0.4 MiB an hour; blocks
//    there do not die: 98 % (93 to 99) live after 1 h 00 min"
//
// Empty when no site grows or nothing was judged yet. Names are as they are in the program:
// make them safe before printing.
std::string why_text(const GrowthReport& report);

}  // namespace tidemark
