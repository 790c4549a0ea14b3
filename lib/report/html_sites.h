#pragma once

#include <string>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/report/report.h"

namespace tidemark {

// The sites as HTML, in their order: each a <details> whose summary is one row
// of numbers and whose body has stacks, source and what the site holds. `prefix`
// starts their ids: "site" gives "site-1".
std::string sites_html(const std::vector<Site>& sites, const ReportOptions& options,
                       const std::string& prefix);

}  // namespace tidemark
