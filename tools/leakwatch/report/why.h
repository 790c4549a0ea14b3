#pragma once

#include <string>

#include "lib/verdict/leak_judge.h"

namespace tidemark::leakwatch {

// The verdict's sentence, and where the growth is when it speaks of growth: "leak: grows 120 MB
// in 24 h ...; 62 % of the growth at session_store.cpp:42 (make_session), ...". `sites` is
// why_text() (lib/report/fate_text.h).
std::string with_sites(const verdict::LeakVerdict& verdict, const std::string& sites);

}  // namespace tidemark::leakwatch
