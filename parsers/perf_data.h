#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/recording.h"

namespace tidemark {

// A file that was mapped into a process when a sample was taken. Code made at
// run time has the path "/tmp/perf-PID.map", or that of the process's jitdump.
struct UserMapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;   // where in the file `start` is
  std::string_view path;      // as the kernel gave it
  std::string_view build_id;  // hexadecimal digits; empty when the file does not say
};

// What `perf record --call-graph dwarf` kept of a thread: its registers, the top
// of its stack, and what was mapped. Everything lives as long as the call that
// it is passed to.
struct UserStack {
  std::uint32_t pid = 0;
  bool is_64_bit = true;            // else the thread ran 32-bit code
  std::string_view architecture;    // as uname -m says: "x86_64", "aarch64"; empty: not known
  std::uint64_t register_mask = 0;  // bit N: `registers` has perf's register N
  std::span<const std::uint64_t> registers;  // those in the mask, in the order of their bits
  std::string_view stack;                    // memory from the stack pointer upwards
  std::span<const UserMapping> mappings;     // by start; they do not overlap
  std::uint64_t mappings_id = 0;             // equal numbers have equal mappings

  // Perf's register `number` (x86: 6 rbp, 7 rsp, 8 rip); 0 when it was not kept.
  std::uint64_t register_value(unsigned number) const;
};

// Adds to `addresses` where the thread was, then its callers, innermost first.
// A caller is given by an address inside the call: the return address less one.
using Unwind = std::function<void(const UserStack&, std::vector<std::uint64_t>& addresses)>;

// The frames that stand for `place`, a frame without a function that lies in
// `module`: its function, and before it the calls inlined there. Frames that come
// out equal are one, so whoever leaves offset and address out of them gets a
// profile of functions instead of one of addresses, which is several times as
// small. Called once for each place, by one thread at a time.
using NamePlace = std::function<std::vector<Frame>(const Mapping& module, const Frame& place)>;

struct PerfDataOptions {
  // Empty: frames have no functions. lib/symbolize/perf_symbols.h has one.
  NamePlace name_place;
  // Called once for each thread that reads samples; what it returns is then used
  // by that thread only. Empty: of a stack copy only the innermost frame is
  // shown, and a warning says so.
  std::function<Unwind()> unwinder;
  bool pid = false;         // a stack's first frame is COMMAND-PID instead of COMMAND
  bool tid = false;         // ... or COMMAND-PID/TID
  bool keep_time = false;   // fill Profile::timeline
  std::size_t threads = 0;  // how many read samples; 0: one for each core
};

// Reads the file that `perf record` writes, or its stream to a pipe: one Profile
// for each event that has samples, whose title is the event's name.
//
// The value types of a profile are the sum of the event's periods ("cpu-clock"
// in nanoseconds, "page-faults" as a count) and "samples". sched:sched_switch
// has a third one, which is its default: "off-cpu", the nanoseconds until the
// thread ran again, where the file shows that.
//
// The first frame of a stack is the command. The others have a module, an offset
// in it and, unless `name_place` finds them, no function. Equal places of a file
// are one frame, whichever processes ran them, which had it at different
// addresses: such frames have none. Modules that are no files:
//
//   [kernel.kallsyms], [NAME]   the kernel and its module NAME; offset is the address
//   [vdso]                      offset counts from the start of the mapping
//   /tmp/perf-PID.map, or a jitdump's path   code made at run time; offset is the address
//
// A profile's mappings name the build id of each module. They have no addresses
// (those differ from process to process), except for the kernel's: its offset is
// then the address of _text while recording.
Recording parse_perf_data(const Input& input, const PerfDataOptions& options);

}  // namespace tidemark
