#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/frame.h"
#include "lib/model/recording.h"

namespace tidemark {

// How the text of perf script is folded. The names and meanings are those of
// stackcollapse-perf.pl; docs/flamegraph-folding.md has every rule.
struct PerfScriptOptions {
  enum class Rules : std::uint8_t {
    kBest,        // no weight lost, no name mangled, no valid input refused
    kFlameGraph,  // as stackcollapse-perf.pl folds
    kInferno,     // as inferno-collapse-perf folds
  };

  Rules rules = Rules::kBest;
  bool pid = false;          // the root frame is "comm-PID"
  bool tid = false;          // "comm-PID/TID"
  bool inlined = false;      // ask `inlined_at` for the calls inlined at each address
  bool kernel = false;       // "_[k]" behind the kernel's functions
  bool jit = false;          // "_[j]" behind compiled ones of a virtual machine
  bool addrs = false;        // "[name <address>]" where the function is not known
  bool context = false;      // with `inlined`: ":file:line" behind each function
  bool srcline = false;      // the text has source lines (-F +srcline): behind the function as well
  std::string event_filter;  // empty: the first event seen
  std::size_t threads = 1;   // the result is the same whatever it is
  bool keep_time = false;    // fill Profile::timeline

  // One Profile for each event, in the order in which they came; event_filter is
  // not looked at.
  bool every_event = false;
  // Frames know their module and, where the text has it, file and line. They
  // never have addresses: equal names should be equal frames.
  bool places = false;

  // The calls at `address` of the file `module`, innermost first; `symbol` is
  // what perf printed ("f+0x12"), by whose name and offset the place may be found
  // where the address is not one of the file. Empty: not known. Called by one
  // thread at a time. REQUIRES: set when `inlined` is.
  std::function<std::vector<Frame>(const std::string& module, std::uint64_t address,
                                   std::string_view symbol)>
      inlined_at;
};

// Folds texts of perf script, all into the same profiles: the stacks start with
// the command, and names are as they are folded. Profiles have two values, the
// event's (its periods) and "samples". Warnings tell of lost records, of a cut-off
// end, of samples that the rules merge or drop. Throws Error with FILE:LINE where
// a text is of something else, and when nothing is left to show.
Recording parse_perf_script(std::span<const Input> inputs, const PerfScriptOptions& options);

// What `function`, as a runtime calls code that it made (perf-PID.map), folds to in
// the text of perf script, outermost first: "a->b" is b inlined into a, arguments
// and the L of Java's "Ljava/lang/String;::length" are left out.
std::vector<std::string> folded_runtime_names(std::string_view function);

}  // namespace tidemark
