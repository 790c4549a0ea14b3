#pragma once

#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The profile in speedscope's own format: one of its profiles for each value type,
// the default one on top. A timeline comes first, one profile for each thread, its
// samples in the order of time, and the largest thread is shown. Values below 0 are left out: the
// format has none.
//
// https://www.speedscope.app/file-format-schema.json
std::string to_speedscope(const Profile& profile);

}  // namespace tidemark
