#pragma once

#include "lib/model/profile.h"

namespace tidemark {

struct Annotations {
  bool kernel = false;   // "_[k]" behind the kernel's functions
  bool jit = false;      // "_[j]" behind functions compiled at run time
  bool inlined = false;  // "_[i]" behind calls that were inlined
};

// Puts stackcollapse-perf.pl's marks behind functions, by which flamegraph.pl's palettes
// of languages go: one a frame: inlined, else kernel, else compiled at run time. Frames without a
// function stay as they are.
void annotate(Profile& profile, const Annotations& annotations);

}  // namespace tidemark
