#pragma once

// How to step from a frame to its caller, out of a module's call frame information (the
// .eh_frame section: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic, DWARF 5
// section 6.4). x86-64 only.

#include <cstdint>

namespace tidemark::agent {

// The registers that a frame may keep for its caller, and those that its address is computed
// from.
enum Register : std::uint8_t { kRbx, kRbp, kR12, kR13, kR14, kR15, kRip, kRsp, kRegisters };

// Where the caller's value of a register is.
enum class Kept : std::uint8_t {
  kSame,        // unchanged
  kAtFrame,     // in memory at the frame's address + offset
  kAtRegister,  // in memory at base + offset, base being a register of this frame
  kLost,
};

struct Rule {
  Kept kept;
  Register base;
  std::int32_t offset;
};

// For one address of code. The frame's address is `frame.base` + `frame.offset`, or what lies
// in memory there; the caller's stack pointer is equal to it.
struct FrameRules {
  Rule frame;            // kept: kSame, or kAtRegister when it lies in memory
  Rule registers[kRsp];  // all but the stack pointer
  bool outermost;        // there is no caller
  bool signal;           // the caller was interrupted, it did not call
};

struct CodeRange {
  const std::uint8_t* unwind_table;  // the module's .eh_frame_hdr
  std::uint64_t end;                 // of the module, which nothing is read beyond
};

// The rules at `address`. Returns false when there are none, or they are of a kind that no
// compiler writes.
bool read_frame_rules(const CodeRange& code, std::uint64_t address, FrameRules& rules);

}  // namespace tidemark::agent
