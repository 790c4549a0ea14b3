#pragma once

#include <cstddef>
#include <string>

#include "lib/analyze/document.h"

namespace tidemark {

// What the files of a run could have shown at all.
struct Evidence {
  std::size_t recordings = 0;       // files that could be read
  bool only_heap_profiles = false;  // they show memory in use, not whether it is lost
  bool only_allocations = false;    // and not what became of them
  bool only_cpu_profiles = false;   // nothing in them can be right or wrong
  bool sanitizer = false;           // its findings end the target with an exit code
  bool unfinished = false;          // some process's record has no end
};

struct Judgement {
  Verdict verdict = Verdict::kUndecided;
  std::string text;  // one sentence
};

// Decides about `document`, whose run, sites and partial are set. In this order:
//
//  1. kFailed: the target did not start, did not become ready, was ended by a
//     signal that was not ours, or exited by itself with a code other than 0;
//     or the profiler left nothing. What was found stays listed.
//  2. kFound: a site counts. All do, except memory that is still reachable (or
//     only known to be in use, or growing), and, when there is a baseline, what
//     is known.
//  3. kUndecided: the target had to be killed, the run was cut short, the load
//     failed, a file is cut off, memory grows and nobody knows whether it stops, or the profiler
//     cannot tell lost memory from memory in use.
//  4. kClean.
//
// Without a run (run.tool is empty) only the files are judged.
Judgement judge_run(const Document& document, const Evidence& evidence);

// Whether `site` counts as found.
bool counts(const Site& site);

}  // namespace tidemark
