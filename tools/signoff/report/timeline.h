#pragma once

#include <string>

#include "tools/signoff/result.h"

namespace tidemark::signoff {

// When each phase ran: a table with a row for each, its runs as bars on one axis of time, how long
// it took and was expected to take, and why when it was not done.
std::string timeline_html(const SignoffResult& result);

// The id of the phase's part of the page, which its row leads to.
std::string phase_anchor(const SignoffResult& result, const std::string& phase_id);

}  // namespace tidemark::signoff
