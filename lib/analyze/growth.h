#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/analyze/site.h"
#include "lib/model/finding.h"
#include "lib/model/recording.h"

namespace tidemark {

// What was not freed at one moment of a run.
struct Snapshot {
  std::int64_t at = 0;  // in at_unit since the start
  std::string at_unit;  // "ms", or another clock that only goes forward
  std::vector<Finding> findings;
};

// The heap profiles of a recording as snapshots, in the order of time. Empty
// when it has fewer than two that say when they were taken.
std::vector<Snapshot> snapshots_of(const Recording& recording);

// The places that kept growing: kGrowth, with the bytes and blocks by which the
// last snapshot exceeds the first, and the standard error of that difference.
//
// "Kept growing" is meant to leave out what fills up once: it needs 4 snapshots,
// growth of 1 KiB and of 3 standard errors, and at least 15 % of the growth in
// each of the last two thirds of the time. (A leak has a third in each; a cache
// that is filled for half of the time has nothing in the last.) It is an
// indication from a short run; the statistics of a soak are leakwatch's.
// REQUIRES: snapshots in the order of time.
std::vector<Finding> growth_of(const std::vector<Snapshot>& snapshots);

// Sets the history of each site that is a leak: the bytes at its place in each
// snapshot, 0 where it was not seen. Snapshots that are not in "ms" are left out.
void add_history(std::vector<Site>& sites, const std::vector<Snapshot>& snapshots);

}  // namespace tidemark
