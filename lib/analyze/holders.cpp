#include "lib/analyze/holders.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_set>
#include <utility>

#include "lib/base/numbers.h"

namespace tidemark {
namespace {

using Pointers = std::vector<const Finding*>;
using Holders = std::unordered_map<const Finding*, const Finding*>;

struct Process {
  Pointers definite;
  Pointers indirect;
};

using Numbers = std::pair<std::int64_t, std::int64_t>;  // bytes and blocks

// The pairs whose numbers nobody else has.
void match_numbers(const Process& process, Holders& holders) {
  std::map<Numbers, std::pair<Pointers, Pointers>> equal;
  for (const Finding* finding : process.definite) {
    if (finding->indirect_bytes == 0) continue;
    equal[{finding->indirect_bytes, finding->indirect_blocks}].first.push_back(finding);
  }
  for (const Finding* finding : process.indirect) {
    // memcheck's XML does not give the indirect blocks of a definite leak.
    for (const std::int64_t blocks : {finding->blocks, std::int64_t{0}}) {
      const auto at = equal.find({finding->bytes, blocks});
      if (at != equal.end()) at->second.second.push_back(finding);
    }
  }
  for (const auto& [numbers, both] : equal) {
    if (both.first.size() == 1 && both.second.size() == 1) {
      holders.emplace(both.second.front(), both.first.front());
    }
  }
}

void match_rest(const Process& process, Holders& holders) {
  std::unordered_set<const Finding*> matched;
  for (const auto& [held, holder] : holders) matched.insert(holder);
  Pointers left;  // definite leaks that hold something, not yet matched
  for (const Finding* finding : process.definite) {
    if (finding->indirect_bytes != 0 && !matched.contains(finding)) left.push_back(finding);
  }
  Pointers rest;
  std::int64_t bytes = 0;
  for (const Finding* finding : process.indirect) {
    if (holders.contains(finding)) continue;
    rest.push_back(finding);
    bytes = checked_add(bytes, finding->bytes);
  }
  const bool counts_none = std::ranges::all_of(process.definite, [](const Finding* finding) {
    return finding->indirect_bytes == 0 && !finding->code.starts_with("Leak_");
  });
  const Finding* holder = nullptr;
  if (left.size() == 1 && left.front()->indirect_bytes == bytes) holder = left.front();
  if (counts_none && process.definite.size() == 1) holder = process.definite.front();
  if (holder == nullptr) return;
  for (const Finding* finding : rest) holders.emplace(finding, holder);
}

}  // namespace

Holders holders_of(const std::vector<Finding>& findings) {
  std::map<std::int64_t, Process> processes;
  for (const Finding& finding : findings) {
    if (finding.kind == FindingKind::kDefiniteLeak) {
      processes[finding.pid].definite.push_back(&finding);
    } else if (finding.kind == FindingKind::kIndirectLeak) {
      processes[finding.pid].indirect.push_back(&finding);
    }
  }
  Holders all;
  for (const auto& [pid, process] : processes) {
    Holders holders;
    match_numbers(process, holders);
    match_rest(process, holders);
    all.merge(holders);
  }
  return all;
}

}  // namespace tidemark
