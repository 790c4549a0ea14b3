#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tidemark::pressure {

// The soft limit of open files: what it was, and what it is.
struct OpenFiles {
  std::uint64_t before = 0;
  std::uint64_t now = 0;
};

// Raises our soft limit to `wanted`, as far as the hard limit goes. It is never lowered.
OpenFiles allow_open_files(std::uint64_t wanted);

// Makes room for so many more open files than our soft limit allows now, as far as the
// hard limit goes. What is to be said about it when that is not far enough; empty: it is.
std::string make_room_for_files(std::size_t more);

}  // namespace tidemark::pressure
