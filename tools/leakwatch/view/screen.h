#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/cli/line.h"
#include "lib/soak/columns.h"
#include "lib/soak/envelope.h"
#include "lib/soak/soak_judge.h"

namespace tidemark::leakwatch {

using cli::columns_of;
using cli::fitted;
using cli::Line;
using cli::Look;
using cli::Style;
using cli::wrapped;

struct ShownProcess {
  std::int64_t pid = 0;
  std::string name;
  std::int64_t rss_bytes = 0;
  std::int64_t anon_bytes = 0;
  std::int64_t grown_bytes = 0;  // since it was first seen
  std::int64_t threads = 0;
  double cpu_share = 0;  // of one core, since the look before
};

// An allocation site that grows, or may.
struct ShownSite {
  std::string name;
  std::string rate;   // "1.2 MB ± 0.1 MB an hour"
  std::string trend;  // "grows"
};

// What the live view of a soak shows at one moment.
struct Shown {
  std::string target;
  soak::SoakSettings settings;
  std::int64_t started_ms = 0;
  std::int64_t viewed_ms = 0;  // when this watcher began
  std::int64_t now_ms = 0;
  std::int64_t watched_ms = 0;
  std::int64_t lives = 0;
  bool alive = true;
  soak::Values values;
  verdict::LeakVerdict verdict;
  std::vector<ShownProcess> processes;  // the largest first
  std::vector<ShownSite> sites;
  std::vector<std::string> notes;  // what happened, the last one last
  soak::Envelope memory{1024};     // anonymous and swapped, in bytes
  soak::Envelope load{1024};       // thousandths of requests a second
};

struct ScreenSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

// The view as lines from the top, at most `size.rows`, each narrower than
// `size.columns`. The verdict comes first; of the rest as much as fits.
std::vector<std::string> screen_lines(const Shown& shown, const ScreenSize& size, Look look);

}  // namespace tidemark::leakwatch
