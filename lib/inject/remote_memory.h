#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "lib/base/file.h"
#include "lib/inject/address_space.h"

namespace tidemark {

// The memory of another process. Needs the right to trace it; to write also reaches pages
// that the process itself may only read.
class RemoteMemory {
 public:
  // Throws Error.
  static RemoteMemory of(pid_t pid);

  // Whether all of it could be read or written.
  bool read(Address from, std::span<std::byte> to) const;
  bool write(Address to, std::span<const std::byte> from) const;

  template <typename T>
  std::optional<T> read(Address from) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (!read(from, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    return value;
  }

  // A text up to its NUL, cut after `most` bytes; nothing when it cannot be read.
  std::optional<std::string> text(Address from, std::size_t most) const;

 private:
  explicit RemoteMemory(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace tidemark
