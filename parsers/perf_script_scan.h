#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark::perf_script {

// A run of bytes, and a hash of them that is good for this process only.
struct Scanned {
  const char* end = nullptr;  // the newline that ends it; null: there is none
  std::uint64_t hash = 0;
};

// Searches text for the end of lines and hashes what comes before in the same
// pass. Both read no byte at `limit` or beyond.
struct Scanner {
  // To the first newline.
  Scanned (*line)(const char* start, const char* limit);
  // To the first newline that does not follow a ')': the lines of frames end in
  // one, the empty line behind them does not.
  Scanned (*frames)(const char* start, const char* limit);
};

// The fastest one for this processor.
const Scanner& scanner();
// The one for any processor, for tests.
const Scanner& portable_scanner();

}  // namespace tidemark::perf_script
