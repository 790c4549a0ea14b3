#pragma once

#include <string>

#include "tools/leakwatch/report/night.h"

namespace tidemark::leakwatch {

// A page of ours around `main`, which is HTML; the title is text. It needs nothing else:
// no network, no server, no JavaScript.
std::string night_page(std::string_view title, const std::string& main);

// report.html of a soak: the verdict, then the evidence.
std::string night_html(const Night& night);

}  // namespace tidemark::leakwatch
