#pragma once

#include <string_view>

#include "lib/model/frame.h"

namespace tidemark {

// A line of a sanitizer's stack, what follows "#3 ", in any of these forms;
// what cannot be told apart is the function:
//
//   0x7f49 in f(int) /src/a.cpp:4:12
//   0x7f49 in f(int) (/lib/liba.so+0x9cf) (BuildId: f00d)
//   0x7f49  (/lib/liba.so+0x9cf)
//   f(int) /src/a.cpp:4 (a+0x13cf)
Frame sanitizer_frame(std::string_view line);

}  // namespace tidemark
