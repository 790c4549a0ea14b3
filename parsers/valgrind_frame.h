#pragma once

#include <string_view>

#include "lib/model/frame.h"

namespace tidemark {

// A frame as valgrind prints it in text:
//
//   0x10918E: f(int) (file.c:12)
//   0x48FB7B9: ??? (in /usr/lib/x86_64-linux-gnu/libc.so.6)
//   0x4004A1D: _start
//
// Any other text is taken for the function's name.
Frame valgrind_frame(std::string_view text);

}  // namespace tidemark
