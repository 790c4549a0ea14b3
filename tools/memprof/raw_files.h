#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/analyze/growth.h"
#include "lib/model/recording.h"
#include "lib/model/run.h"

namespace tidemark::memprof {

// The name of a file in raw/ that holds an intermediate result, taken `at_ms`
// after the start: "snapshot-00060000-4711.txt".
std::string snapshot_name(std::int64_t at_ms, std::int64_t pid, std::string_view extension);

// The name of a copy of a process's heap file, taken before the target was told to stop.
std::string at_stop_name(std::int64_t pid);

// What a profiler left in raw/.
struct RawResults {
  std::vector<Recording> recordings;  // one a process, as it was at its end
  std::vector<Snapshot> snapshots;    // before that, in the order of time
  std::vector<RunFile> files;         // all of them, for run.json
  std::vector<std::string> warnings;  // what could not be read, and why
};

// Reads all of it. A file that cannot be read is a warning.
RawResults read_raw(const std::filesystem::path& directory, const Run& run);

}  // namespace tidemark::memprof
