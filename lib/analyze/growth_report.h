#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/analyze/site_growth.h"
#include "lib/analyze/site_history.h"

namespace tidemark {

// What is known of the allocation sites of a program: what sites.json holds.
struct GrowthReport {
  std::string source;        // where the heap profiles came from: "raw", "4 files"
  std::vector<Taken> taken;  // the snapshots, in order; at_ms since the epoch, or from 0
  // All that are not steady, as growing_sites() sorts them, and the largest steady ones of whose
  // blocks it is known what becomes of them.
  std::vector<SiteGrowth> sites;
  std::int64_t sites_seen = 0;  // steady ones included
  double false_rate = 0.05;     // as it was asked for
  double first_bytes = 0;       // in use in the first and in the last snapshot
  double last_bytes = 0;
  bool sampled = false;  // the profiles are estimates
  std::vector<std::string> warnings;
};

// So many requests were answered by then, since some moment.
struct RequestCount {
  std::int64_t at_ms = 0;  // on the clock of the snapshots
  double requests = 0;
};

// Judges a history. Other sites that are steady are counted, not kept; where snapshots are too
// few to judge, those that are smaller at the end are left out instead.
GrowthReport growth_report(const SiteHistory& history, const GrowthOptions& options = {});

// Adds the growth per million requests of the sites of `report`, where requests were counted
// during at least half of the time. REQUIRES: counts in the order of time.
void add_per_request(GrowthReport& report, const std::vector<RequestCount>& counts);

// How many sites have that trend.
std::int64_t count_of(const GrowthReport& report, SiteTrend trend);

// How many more snapshots, of one life, are needed before anything is judged; 0: none.
std::int64_t snapshots_missing(const GrowthReport& report);

}  // namespace tidemark
