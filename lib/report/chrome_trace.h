#pragma once

#include <cstddef>
#include <string>

#include "lib/model/profile.h"

namespace tidemark {

// The profile as trace events, which chrome://tracing and Perfetto show. With a
// timeline each thread is a row of calls in time; without one, the calls lie side by
// side as in a flame graph of one value type, whose numbers stand for microseconds.
//
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
std::string to_chrome_trace(const Profile& profile, std::size_t value);

}  // namespace tidemark
