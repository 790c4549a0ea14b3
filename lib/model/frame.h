#pragma once

#include <cstdint>
#include <string>

namespace tidemark {

// One place in a program, as deep as its producer knew it. What is not known is
// empty or 0; a frame with nothing but `address` is still a frame.
struct Frame {
  std::string function;  // demangled where the producer did; may be any bytes
  std::string file;      // source file, as written in the debug information
  std::int64_t line = 0;
  std::string module;         // path of the executable or library
  std::uint64_t address = 0;  // where it ran: a virtual address of its process
  std::uint64_t offset = 0;   // the same place as an address in the module's own file
  bool inlined = false;       // inlined into the next frame towards the root

  friend bool operator==(const Frame&, const Frame&) = default;
};

// The best short name there is: the function, else "module+0xoffset", else
// "module [0xaddress]" (where in the module is not known), else the address.
std::string name_of(const Frame& frame);

}  // namespace tidemark
