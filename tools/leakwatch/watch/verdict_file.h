#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/verdict/leak_judge.h"
#include "tools/leakwatch/watch/plan.h"

namespace tidemark::leakwatch {

// A limit that was exceeded, at first.
struct Exceeded {
  Limit limit;
  std::int64_t value = 0;
  std::int64_t at_ms = 0;

  std::string text() const;  // "rss reached 1.2 GiB, and --max-rss is 1 GiB"
};

// What a soak comes to so far.
struct Outcome {
  verdict::LeakVerdict verdict;
  std::string sites;  // which allocation sites grow (lib/report/fate_text.h); empty: not known
  std::vector<Exceeded> exceeded;
  std::string failure;  // why the target cannot be judged: it crashed; empty: it did not
  bool final = false;
  std::int64_t started_ms = 0;
  std::int64_t now_ms = 0;
  std::int64_t watched_ms = 0;
  std::int64_t rows = 0;
  int lives = 0;
  double gate_bytes_per_day = 0;
  double compress = 1;

  // A target that crashed comes first; then a limit, and the verdict.
  int exit_code() const;
  std::string text() const;  // one sentence
};

// verdict.json of a soak, version 1; docs/leakwatch.md describes it.
std::string verdict_json(const Outcome& outcome);

}  // namespace tidemark::leakwatch
