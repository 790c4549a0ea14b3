#pragma once

#include <cstddef>
#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The profile in the Firefox Profiler's processed format, version 46, which
// profiler.firefox.com opens. With a timeline each thread is a track, its samples where
// they were in time; without one, the samples of one value type stand one after the
// other, a millisecond apart.
//
// https://github.com/firefox-devtools/profiler/blob/main/docs-developer/CHANGELOG-formats.md
std::string to_firefox(const Profile& profile, std::size_t value);

}  // namespace tidemark
