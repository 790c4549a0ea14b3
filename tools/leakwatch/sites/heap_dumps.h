#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/analyze/site_history.h"
#include "lib/model/profile.h"

namespace tidemark::leakwatch {

// The heap of a program at one moment: of all its processes together.
struct HeapSnapshot {
  // What is known of the blocks of one process: only our agent tells.
  struct Blocks {
    std::string process;
    std::vector<StackLook> looks;
  };

  Taken taken;
  Profile profile;
  std::vector<Blocks> blocks;  // of the processes whose profiles are new in this snapshot
};

struct DumpOptions {
  std::vector<std::filesystem::path> paths;        // files; directories, run directories
  std::string format = "auto";                     // of the files
  std::optional<std::chrono::milliseconds> every;  // between dumps, when their times are lost
  std::size_t most = 120;                          // snapshots; more are thinned evenly
  std::vector<std::filesystem::path> debug_directories = {"/usr/lib/debug"};
};

// Reads heap profiles of any format and hands them on as snapshots, in order, with
// symbols. What is not one is a warning in a directory and an Error when it was named.
//
// When a profile was taken: a file with several of them (massif) says so, in ms; for all
// others it is when the file was written, or its place in the order times `every`.
//
// Which process it is of: by the file's name (dump_names.h). A snapshot has one profile
// of each process; one that has none in it but in later ones counts as it was. A process
// is another one when its program lies elsewhere in memory; when none is left of a
// snapshot, the next one begins a new life.
//
// Gives the warnings, one line each. Throws Error when there is no heap profile at all.
std::vector<std::string> read_heap_dumps(const DumpOptions& options,
                                         const std::function<void(HeapSnapshot&&)>& sink);

}  // namespace tidemark::leakwatch
