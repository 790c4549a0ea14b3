#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <span>

#include "lib/symbolize/stack_copy.h"

namespace tidemark {

// What a DWARF expression of call frame information works on.
struct CfiMachine {
  const Registers* registers = nullptr;
  const StackCopy* stack = nullptr;
  std::uint64_t frame_address = 0;  // of DW_OP_call_frame_cfa
};

// The value that `expression` leaves on top of its stack. Nothing when it reads
// an unknown register or memory outside of the copy, uses an operation that has
// no place in call frame information, or does not end in time.
std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                      const CfiMachine& machine);

}  // namespace tidemark
