#pragma once

#include <cstddef>
#include <string>

namespace tidemark::pressure {

// Makes room for so many more open files than our soft limit allows now, as far as the
// hard limit goes. What is to be said about it when that is not far enough; empty: it is.
std::string make_room_for_files(std::size_t more);

}  // namespace tidemark::pressure
