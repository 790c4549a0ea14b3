#pragma once

#include <filesystem>

#include "lib/analyze/document.h"
#include "lib/model/run.h"
#include "tools/memprof/raw_files.h"

namespace tidemark::memprof {

// What findings are held against. Empty paths: nothing.
struct Judging {
  std::filesystem::path suppressions;  // the rules, as TOML
  std::filesystem::path baseline;      // a run, its findings.json, or a profiler's file
  std::filesystem::path root;          // of the profiled program's files; empty: ours
};

// Symbolises, suppresses, groups, compares and decides. `directory` is the run's,
// for its series; empty for bare files.
Document conclude(const std::filesystem::path& directory, const Run& run, RawResults results,
                  const Judging& judging);

// The Document of `path`: a run directory, a findings.json or a profiler's file
// of any format. A run whose writer died is read from its raw files.
Document read_document(const std::filesystem::path& path, const Judging& judging);

}  // namespace tidemark::memprof
