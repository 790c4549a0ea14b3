#pragma once

#include <string>

#include "tools/leakwatch/report/nights.h"

namespace tidemark::leakwatch {

// Several soaks side by side as a page: small charts in one scale, and a table. A soak
// that has a report.html of its own is linked to, from the directory of the soaks.
std::string nights_html(const Nights& nights);

}  // namespace tidemark::leakwatch
