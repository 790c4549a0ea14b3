#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace tidemark {

// The registers of an x86-64 thread by their DWARF numbers: rax, rdx, rcx, rbx,
// rsi, rdi, rbp, rsp, r8 to r15, rip. Some may be unknown.
struct Registers {
  static constexpr std::size_t kCount = 17;
  static constexpr std::size_t kFramePointer = 6;
  static constexpr std::size_t kStackPointer = 7;
  static constexpr std::size_t kInstructionPointer = 16;

  std::array<std::uint64_t, kCount> values{};
  std::uint32_t known = 0;  // a bit for each register

  void set(std::size_t number, std::uint64_t value) {
    values[number] = value;
    known |= 1U << number;
  }
  void forget(std::size_t number) { known &= ~(1U << number); }
  bool knows(std::size_t number) const { return (known >> number & 1U) != 0; }
};

// The copy of a part of a thread's stack. `bytes` must stay alive.
struct StackCopy {
  std::string_view bytes;
  std::uint64_t start = 0;  // the address of the first byte

  // The 8 bytes at `address`; nothing when they are not all in the copy.
  std::optional<std::uint64_t> read(std::uint64_t address) const {
    std::uint64_t value = 0;
    const std::uint64_t offset = address - start;  // huge when below
    if (bytes.size() < sizeof value || offset > bytes.size() - sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }
};

}  // namespace tidemark
