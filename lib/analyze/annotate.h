#pragma once

#include <string_view>

#include "lib/model/profile.h"

namespace tidemark {

struct Annotations {
  bool kernel = false;   // "_[k]" behind the kernel's functions
  bool jit = false;      // "_[j]" behind functions compiled at run time
  bool inlined = false;  // "_[i]" behind calls that were inlined
};

// Whether `module` is what a runtime tells perf of code that it made: "/tmp/perf-12.map",
// ".../jit-12.dump", "jitted-12-3.so".
bool is_runtime_code(std::string_view module);

// Puts stackcollapse-perf.pl's marks behind functions, by which flamegraph.pl's palettes
// of languages go: one a frame: inlined, else kernel, else compiled at run time. Frames without a
// function stay as they are.
void annotate(Profile& profile, const Annotations& annotations);

struct PlaceAnnotations {
  bool addrs = false;    // "[libc.so.6 <7f12>]": the address where the function is not known
  bool context = false;  // "f:server.c:12": file and line where they are known
};

// Puts stackcollapse-perf.pl's places into functions. Frames that have neither address nor
// offset are named already, and stay as they are. The address in a module is the one in its
// file, which perf script prints; a caller's is that of its call, not the one behind it.
void annotate_places(Profile& profile, const PlaceAnnotations& annotations);

}  // namespace tidemark
