#pragma once

#include <string>
#include <vector>

#include "lib/analyze/document.h"
#include "lib/analyze/growth.h"
#include "lib/model/finding.h"
#include "lib/model/recording.h"
#include "lib/model/run.h"

namespace tidemark {

// What a Document is made of.
//
//   findings = findings_of(each recording), and growth_of(snapshots)
//   kept, suppressed = the suppression rules applied to them (lib/suppress)
//   document_of({.run, .recordings, .findings = kept, .suppressed = ..., ...})
struct DocumentParts {
  Run run;                            // run.tool empty: files were read, nothing was run
  std::vector<Recording> recordings;  // one a process or file; their findings are not looked at
  std::vector<Finding> findings;
  std::vector<Finding> suppressed;
  std::vector<std::string> suppressed_by;       // the rule's id for each of `suppressed`
  std::vector<SuppressionReport> suppressions;  // every rule; what it suppressed is counted here
  std::vector<Snapshot> snapshots;              // for the sites' history
  std::string baseline;                         // its name; empty: none
  std::vector<Site> baseline_sites;
};

// Groups, ranks, judges and decides. Profiles keep their order; when several
// recordings end in a profile of the same values, their sum, titled "all
// processes: ...", comes before them.
Document document_of(DocumentParts parts);

}  // namespace tidemark
