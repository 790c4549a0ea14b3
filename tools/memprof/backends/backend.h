#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/process/command.h"

namespace tidemark::memprof {

// Where a profiler writes, and what it is told besides the target.
struct Wrap {
  std::filesystem::path raw;         // absolute; every file it writes goes here
  std::filesystem::path vgdb;        // prefix of vgdb's pipes, in a private directory
  std::filesystem::path program;     // what Backend::program or ::library was found as
  std::vector<std::string> options;  // more of its options, from the preset and the user
  bool service = false;              // the target serves until it is told to stop
};

// How intermediate results are asked for while the target runs.
enum class Probe : std::uint8_t {
  kNone,
  kLeakCheck,        // vgdb: memcheck's leak_check, as text
  kMassifSnapshot,   // vgdb: massif's detailed_snapshot, a file
  kHeapDumpSignal,   // kHeapDumpSignal to the process: it writes the next file
  kHeapFiles,        // the agent's files are copied; nobody has to be asked
  kProfilingSignal,  // kProfilingSignal switches the profiler on and off
};

inline constexpr int kProfilingSignal = 41;  // as free as kHeapDumpSignal

// One profiler. To add one, define a Backend in its own file in this directory
// and list it in backends.cpp.
struct Backend {
  std::string_view name;     // for --with; its files in raw/ are called name.*
  std::string_view summary;  // one line for `memprof backends`
  std::string_view program;  // looked for in PATH; empty: none
  std::string_view library;  // looked for where the loader looks; empty: none
  std::string_view package;  // Debian's package that has it; empty: it is ours
  std::string_view symbol;   // what the target must have been built with; empty: nothing
  double slow_down = 1;      // of a service's start: what the limit to be ready is multiplied by
  bool owns_root = false;    // the profiler is the root and the target its child
  Probe probe = Probe::kNone;

  Command (*wrap)(const Command& target, const Wrap& wrap);

  // Makes files that can be parsed of what it wrote, after the target ended;
  // null: nothing to do. Throws Error.
  void (*finish)(const std::filesystem::path& raw);
};

}  // namespace tidemark::memprof
