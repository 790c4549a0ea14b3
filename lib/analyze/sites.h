#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/model/finding.h"

namespace tidemark {

// Groups findings to sites, the worst first.
//
// Findings with equal fingerprints whose interesting frames are on the same
// line (the same function, where lines are not known) are one site, whatever
// process they come from. Where one fingerprint has several lines, the first
// line keeps it and each further one gets a fingerprint made of it and its
// number in the order of lines: shifted lines keep their fingerprints.
//
// The worst first: by kind, in the order of severity_of(), then by bytes for
// leaks and by count for the rest.
//
// Indirect leaks stand in `holds` of the definite leak that holds them where
// the data says which one does, process by process; else they stay sites of
// their own:
//  - one definite leak is left, and its indirect bytes are those of all
//    indirect leaks that are left together; or
//  - an indirect leak has exactly the bytes and blocks that one definite leak
//    says it holds, and no other pair has these numbers; or
//  - the producer counts no indirect bytes for its definite leaks (LeakSanitizer
//    does not; memcheck does) and there is only one definite leak.
std::vector<Site> sites_of(const std::vector<Finding>& findings);

// 0 is the worst: fatal, invalid access, bad free, definite leak, race, lock
// order, lock misuse, growth, uninitialised value, bad call, possible leak,
// indirect leak, other, still reachable.
int severity_of(FindingKind kind);

// "1 B", "3,200 B".
std::string grouped_bytes(std::int64_t bytes);

// "handle_leak (service.cpp:41)", "service+0x41a0".
std::string place_text(const Frame& frame);

}  // namespace tidemark
