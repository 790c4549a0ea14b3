#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/analyze/site_history.h"
#include "lib/analyze/survival.h"

namespace tidemark {

// What the memory of a site does.
enum class SiteTrend : std::uint8_t {
  kGrows,    // it has grown, and still does
  kFills,    // it has grown, but less and less, or no more: a cache, a start-up
  kUnclear,  // it is larger than it was, which may be chance or a single step
  kSteady,   // neither
  kTooFew,   // there are too few snapshots to tell
};

// "grows", "fills", "unclear", "steady", "too-few": for people and files.
std::string_view name_of(SiteTrend trend);

// A rate with the bounds between which it lies with 95 % probability.
struct RateEstimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct SiteGrowth {
  SiteSeries site;
  SiteTrend trend = SiteTrend::kTooFew;
  double bytes_per_hour = 0;  // since the onset
  double low = 0;             // with 95 % probability it lies between these
  double high = 0;
  double share = 0;         // of the growth of all sites that grow, or may
  double false_rate = 1;    // the share of false ones among the sites that are as clear as this
  double since_hours = 0;   // when it began to grow, since the first snapshot
  bool since_start = true;  // it grew from the first snapshot on
  double kept = -1;         // of the bytes allocated in the time, the share that stayed; below 0:
                            // not known
  double first_bytes = 0;
  double last_bytes = 0;
  std::optional<RateEstimate> bytes_per_million_requests;  // where requests are counted
  Survival survival;           // of its blocks; without steps when they are not known
  Fate fate = Fate::kUnknown;  // what that says
};

struct GrowthOptions {
  double false_rate = 0.05;  // the share of false sites among those that "grow", in the mean
};

// Judges all sites of a program together; those that grow come first, the fastest of
// them first, then those that fill, and so on.
//
// A site "grows" when there is evidence, by fit_slope(), against each of these:
//
//   1. it does not grow at all          (all points; of all sites)
//   2. it does not grow any more        (the second half of each life; of the sites for
//                                        which 1 does not hold)
//
// Both kinds of p-values are adjusted for the number of sites that they are of
// (discovery_rate.h), so that of the sites named, `false_rate` are false in the mean; tests
// measure that over thousands of sites that wander, step, wave and fill. Besides, the
// second half must grow at half the rate of the first at least: what fills ever more
// slowly is no leak yet. A site for which 1 alone does not hold "fills".
//
// Where the lifetimes of the blocks are known, and those that get old are replaced (Fate::kCache
// or kTemporary), a site that seems to grow "fills": the sites that a test of growth names
// without being leaks are caches, and only the fate of their blocks tells.
//
// What this cannot know: a cache that still fills steadily looks like a leak. More time
// tells, and `kept` may: a leak and a filling cache keep all that they allocate, a site
// with traffic does not.
//
// The least that can be judged is 9 snapshots of one life. A wave that is looked at about
// once a period looks like slow growth (aliasing): snapshots should not be in step with
// anything that the program does by the clock.
std::vector<SiteGrowth> growing_sites(std::vector<SiteSeries> sites,
                                      const GrowthOptions& options = {});

}  // namespace tidemark
