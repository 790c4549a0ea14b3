#pragma once

#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// `profile` as pprof's profile.proto, compressed with gzip: the same bytes for
// the same profile, always. What the format cannot carry is left out: variances,
// when it was taken (`at`), stacks without a value, and whether the outermost
// frame is inlined. The title and the pid are comments ("heap", "pid 12").
//
// Throws Error when it would be beyond the 2 GiB that protobuf allows.
std::string to_pprof(const Profile& profile);

}  // namespace tidemark
