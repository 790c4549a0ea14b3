#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tools/leakwatch/watch/jobs.h"
#include "tools/leakwatch/watch/members.h"

namespace tidemark::leakwatch {

// What to take when an alarm is raised.
enum class Evidence : std::uint8_t {
  kSnapshot,  // copies of what /proc says of the largest processes
  kGcore,     // a core file of the largest one, which stops it meanwhile
  kVgdb,      // a leak check of the largest one, which runs under valgrind
};

// "snapshot", "gcore", "vgdb". Throws UsageError.
Evidence parse_evidence(std::string_view text);

struct EvidenceOrder {
  Evidence kind = Evidence::kSnapshot;
  std::filesystem::path directory;  // to make, and to leave it in
  bool smaps = true;                // may be read
};

// Takes it, or hands it to `jobs`; what was taken, or why not, for people.
// REQUIRES: `living` is not empty.
std::string take_evidence(const EvidenceOrder& order, const std::vector<Member>& living,
                          Jobs& jobs);

}  // namespace tidemark::leakwatch
