#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/analyze/fingerprint.h"
#include "lib/analyze/level_fit.h"
#include "lib/analyze/lifetimes.h"
#include "lib/model/finding.h"
#include "lib/model/profile.h"

namespace tidemark {

// What says when, and of which process, a heap profile is.
struct Taken {
  std::int64_t at_ms = 0;  // on one clock for all of them
  std::int64_t life = 0;   // another number when the process was started again
  // Whether a site that is not in it has nothing: not so for a file that was cut off, or
  // whose producer leaves out small sites (massif; gperftools when its buffer is full).
  bool complete = true;
};

// One allocation site over the life of a program.
struct SiteSeries {
  std::string fingerprint;  // survives a recompilation; see site_history.h
  Frame place;              // the innermost frame that is not an allocator's or the runtime's
  CallStack stack;          // the one that held most
  std::vector<SitePoint> points;
  std::vector<Lifetime> lifetimes;  // of its blocks, where the producer knows them
  double watched_s = 0;             // the longest time that one could be watched for
};

// What a sampler knows of the blocks of one call stack, at one moment.
struct StackLook {
  CallStack stack;
  SiteLook look;
};

// Heap profiles of one program over time, taken apart by allocation site.
//
//   SiteHistory history;  history.add(taken, profile)...;  history.series()
//
// A site is what growth_of() and sites_of() call one: the fingerprint of its stack (8
// plain functions and modules), and among equal ones the line of its interesting frame,
// numbered in their order, so that lines may shift and addresses change from build to
// build. Profiles must be symbolised for that: where only modules and offsets are known, a
// site lasts as long as the build.
//
// Memory is bounded by sites times snapshots: past kMostSites sites, new ones count as one
// site without a stack.
class SiteHistory {
 public:
  static constexpr std::size_t kMostSites = 50'000;

  // Throws Error when `profile` does not say what is in use. REQUIRES: at_ms is not less
  // than in the call before.
  void add(const Taken& taken, const Profile& profile);

  // How long the blocks of one process live, as of a snapshot, the earlier ones first.
  void add_lives(const std::string& process, const std::vector<StackLook>& looks);

  const std::vector<Taken>& taken() const { return taken_; }

  // One for each site that ever had something, with a point for each snapshot that says
  // something about it; in the order of fingerprints.
  std::vector<SiteSeries> series() const;

 private:
  // Of one site in one snapshot.
  struct Amount {
    std::uint32_t snapshot = 0;
    double bytes = 0;
    double blocks = 0;
    double variance = 0;
    double allocated = -1;
  };
  struct Known {
    CallStack stack;
    Frame place;
    double largest = 0;
    std::vector<Amount> amounts;  // of the snapshots that it is in
    SiteLifetimes lifetimes;

    void take(const CallStack& held_by, const Amount& here);
  };
  using Key = std::pair<std::string, std::int64_t>;  // fingerprint and line

  Known& known(const CallStack& stack, Fingerprinter& fingerprinter);
  std::vector<SitePoint> points_of(const Known& known) const;

  std::vector<Taken> taken_;
  std::map<Key, Known> sites_;
};

}  // namespace tidemark
