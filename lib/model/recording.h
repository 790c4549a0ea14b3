#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/finding.h"
#include "lib/model/profile.h"
#include "lib/model/series.h"

namespace tidemark {

// One process that a file tells of.
struct ProcessRecord {
  std::int64_t pid = 0;
  std::int64_t parent = 0;  // 0: not known
  std::string command;      // as the producer wrote it
  bool finished = true;     // its record is whole: the producer wrote its end

  friend bool operator==(const ProcessRecord&, const ProcessRecord&) = default;
};

// How often the producer applied one of its suppressions.
struct SuppressionUse {
  std::string name;
  std::int64_t count = 0;

  friend bool operator==(const SuppressionUse&, const SuppressionUse&) = default;
};

// What one file held.
struct Recording {
  std::string producer;          // "memcheck", "massif", "gperftools heap profiler"
  std::string producer_version;  // empty: the file does not say
  std::vector<ProcessRecord> processes;
  std::vector<Profile> profiles;  // in the order in which they were taken
  std::vector<Series> series;
  std::vector<Finding> findings;
  std::vector<SuppressionUse> suppressions_used;

  // What the reader must know to trust the rest, each with file and position:
  // "memcheck.xml:812: the file ends inside <error>; 41 errors before it are whole".
  std::vector<std::string> warnings;

  // Whether something that belongs to the file is missing: it was cut off, or
  // is still being written. `warnings` says what.
  bool partial = false;

  // Says that something is missing, and what.
  void lacks(std::string warning) {
    partial = true;
    warnings.push_back(std::move(warning));
  }
};

}  // namespace tidemark
