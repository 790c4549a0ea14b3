#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/verdict/sample.h"

namespace tidemark::verdict {

// What is kept of the samples of a short time.
struct Block {
  double start_h = 0;   // hours on the run's own clock
  double mean_h = 0;    // mean time of the samples
  double floor = 0;     // MB: lower quartile of the samples
  double low = 0;       // MB: the least of them
  double low_h = 0;     // when that was
  double requests = 0;  // on the counter, at mean_h
  double load = 0;      // requests a second, smoothed over 5 minutes, mean
  double low_load = 0;  // the same at low_h
  std::int64_t samples = 0;
  std::size_t life = 0;                    // counted from 0
  std::array<double, kMostParts> parts{};  // MB, means
};

// A life of the process: from its start to its end or restart.
struct Life {
  std::int64_t id = 0;
  double start_h = 0;
};

// What was odd about the samples, for the report.
struct Oddities {
  std::int64_t rejected = 0;     // not a number, or negative
  std::int64_t duplicates = 0;   // a time that was seen already
  std::int64_t clock_jumps = 0;  // backwards, or forwards by more than half a day
  std::int64_t gaps = 0;         // nothing for much longer than usual
  double gap_h = 0;
};

// The samples of a run in bounded memory: blocks of equal length. When there are
// too many, neighbours are joined and the length doubles, so adding a sample
// costs O(1) amortised whatever the length of the run.
//
// The run's own clock starts with 0 at the first sample and never goes back: a
// clock that was set back, or forwards by more than half a day, goes on from
// where it was.
//
// A process that starts again and again keeps its last 64 lives.
//
// Invariant: blocks are in the order of time and no block spans two lives.
class Blocks {
 public:
  explicit Blocks(std::size_t most = 2048, double length_s = 30);

  // Whether the sample counted.
  bool add(const Sample& sample);

  // All finished blocks.
  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<Life>& lives() const { return lives_; }
  const Oddities& oddities() const { return oddities_; }
  double now_h() const { return now_h_; }
  // The time of a moment of the run's own clock on the samples' clock.
  double sample_clock_s(double hours) const { return hours * 3600 + offset_s_; }
  bool counts_requests() const { return counted_; }
  double length_h() const { return length_h_; }

 private:
  struct Open {
    std::vector<double> values;
    Block sum;
  };

  bool move_clock(double at_s);
  void count_requests(double requests, double step_h);
  void close();
  bool together(const Block& a, const Block& b) const;  // whether they make one block
  void join_neighbours();
  void forget_oldest_life();

  std::size_t most_;
  double shortest_h_;
  double length_h_;
  std::vector<Block> blocks_;
  std::vector<Life> lives_;
  Oddities oddities_;
  Open open_;
  bool started_ = false;
  bool counted_ = false;
  bool has_rate_ = false;
  double now_h_ = 0;
  double last_at_s_ = 0;
  double offset_s_ = 0;  // the samples' clock less the run's
  double usual_step_h_ = 0;
  double last_count_ = 0;
  double requests_ = 0;
  double load_ = 0;
  double previous_load_ = 0;
};

}  // namespace tidemark::verdict
