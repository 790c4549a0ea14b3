#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "parsers/perf_data.h"
#include "parsers/perf_data_file.h"
#include "parsers/perf_data_places.h"
#include "parsers/perf_data_processes.h"
#include "parsers/perf_data_samples.h"
#include "parsers/perf_data_stacks.h"
#include "parsers/perf_data_switches.h"

namespace tidemark {

// A part of the records that starts and ends between two of them.
struct PerfPiece {
  std::string_view bytes;
  std::uint64_t position = 0;  // of its start, in the order of the records
  std::size_t input_end = 0;   // where in the file it ends; 0: it is not from there
};

// One sample, kept apart.
struct PerfMoment {
  std::uint64_t time = 0;
  std::uint64_t position = 0;
  std::uint32_t stack = 0;
  std::int64_t period = 0;
};

// What reading the samples needs; all of it stays alive, and unchanged but for
// `places`.
struct PerfSampling {
  const Input& input;
  const PerfFile& file;
  const PerfProcesses& processes;
  PerfPlaces& places;
  const PerfDataOptions& options;
  const std::vector<PerfPiece>& pieces;
};

// What all samples add up to.
struct PerfSamples {
  PerfStacks stacks;
  std::vector<PerfMoment> moments;   // when they are kept
  std::vector<PerfSwitch> switches;  // of sched:sched_switch
  std::uint64_t samples = 0;
  std::uint64_t damaged = 0;           // left out: their sizes contradict each other
  std::uint64_t first_damaged = 0;     // its position
  std::uint64_t of_no_event = 0;       // left out: the file does not describe their event
  std::uint64_t without_unwinder = 0;  // stack copies of which the innermost frame is kept
};

// Reads the samples of all pieces, in as many threads as the options say. The
// same comes out whatever their number.
PerfSamples read_perf_samples(const PerfSampling& sampling);

}  // namespace tidemark
