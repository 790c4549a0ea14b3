#pragma once

#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The whole profile as JSON, for scripts: docs/formats/profile-json.md. What its
// stacks, frames and values are can be read back without loss; variances are left
// out. The same profile gives the same bytes.
std::string to_profile_json(const Profile& profile);

}  // namespace tidemark
