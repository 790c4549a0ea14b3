#pragma once

#include "tools/memprof/backends/backend.h"

namespace tidemark::memprof {

// One line each, in the order of backends.cpp. Each is defined in the file that
// bears its name.
extern const Backend kMemcheckBackend;
extern const Backend kMassifBackend;
extern const Backend kHelgrindBackend;
extern const Backend kDrdBackend;
extern const Backend kDhatBackend;
extern const Backend kGperfHeapBackend;
extern const Backend kGperfCpuBackend;
extern const Backend kHeaptrackBackend;
extern const Backend kPerfBackend;
extern const Backend kLsanLogBackend;
extern const Backend kHeapBackend;

}  // namespace tidemark::memprof
